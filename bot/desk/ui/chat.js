// One conversation: its log, the composer below it, and the sheets that change who has it.
// What a person types is kept in sessionStorage until it is in the log, so neither a reload nor a restart loses it; every
// message carries its own id, so sending it again is harmless.  All text is shown as text, never as HTML.
import { DESK, TOOLS, beside, call } from "kuaida-desk/api.js";
import Composer from "kuaida-desk/composer.js";
import { rowsOf } from "kuaida-desk/log.js";
import { Reveal, Transfer, Whisper } from "kuaida-desk/sheets.js";
import Summary from "kuaida-desk/summary.js";
import { keep, kept, newId } from "kuaida-desk/texts.js";

const RETRY_MS = 4000;
const TYPING_AGAIN_MS = 10000;
const TYPING_SHOWN_MS = 30000;
const BEAT_MS = 5000;
const TAB = newId();

export default {
  components: { Composer, Reveal, Summary, Transfer, Whisper },
  template: `
    <main class="chat" :class="{over}" :aria-label="words.title" @dragover.prevent="over = mine" @dragleave.self="over = false" @drop.prevent="drop">
      <div v-if="!conversation" class="chat-empty">
        <h1>{{ words.pick_title }}</h1><p>{{ words.pick_hint }}</p>
        <p><button class="plain only-phone" @click="pane('list')">{{ words.back }}</button></p>
      </div>
      <template v-else>
        <header class="chat-head">
          <button class="plain only-narrow back" @click="pane('list')" :aria-label="words.back">‹</button>
          <div class="chat-who">
            <h1>{{ words.visitor }} {{ conversation.visitor }} <span class="tag">{{ conversation.channel }}</span> <span v-for="mood in conversation.moods" :key="mood.kind" class="tag mood" :class="mood.kind" :title="mood.hint" data-testid="mood">{{ mood.text }}</span></h1>
            <p data-testid="state"><span class="dot" :class="conversation.state"></span>{{ conversation.state_text }}<span v-if="others.length" class="others" data-testid="others"><q-icon name="visibility"></q-icon>{{ looking }}</span></p>
          </div>
          <button class="plain only-panel" @click="pane('panel')" :aria-label="words.details"><span class="wide-text">{{ words.details }}</span><q-icon name="badge" class="only-phone-icon"></q-icon></button>
          <details v-if="tools" ref="scripts" class="menu"><summary :title="words.scripts" data-testid="scripts">{{ words.scripts_short }}<span v-if="conversation.scripts.read_in || conversation.scripts.answer_in" class="on"></span></summary>
            <div class="menu-body"><fieldset v-for="what in ['read_in', 'answer_in']" :key="what"><legend>{{ words[what] }}</legend>
              <label v-for="one in characters" :key="one.value"><input type="radio" :name="what" :checked="(conversation.scripts[what] ?? '') === one.value" @change="turnScript(what, one.value)">{{ one.text }}</label></fieldset></div></details>
          <a v-if="leads" class="plain only-wide" :href="'/studio/sets/dialogues?conversation=' + conversation.id" target="_blank" :title="words.make_dialogue_hint" data-testid="make-dialogue">{{ words.make_dialogue }}</a>
          <button v-if="leads && conversation.state === 'colleague'" class="outline" @click="$refs.whisper.open()" data-testid="whisper">{{ words.whisper }}</button>
          <button v-if="leads && !mine" class="outline" @click="$emit('take_over', conversation.id)" data-testid="take-over">{{ words.take_over }}</button>
          <button v-if="mine && hands_over" class="outline" @click="$emit('places', conversation.id)" title="Alt+T" data-testid="transfer">{{ words.transfer }}</button>
          <button v-if="['queued', 'offered'].includes(conversation.state)" class="primary" @click="$emit('accept', conversation.id)" data-testid="accept">{{ words.accept }}</button>
          <template v-if="mine">
            <button class="outline only-wide" @click="sumUp('ended')" title="Alt+E" data-testid="end">{{ words.end }}</button>
            <button class="outline" @click="sumUp('bot')" title="Alt+R" data-testid="resolve">{{ words.resolve }}</button>
          </template>
        </header>
        <p v-if="conversation.suggested" class="strip"><span>{{ words.script_hint }}</span><button class="small" @click="putScripts(conversation.suggested)" data-testid="script-suggested">{{ words.script_yes }}</button></p>
        <div ref="log" class="log" tabindex="0" role="log" aria-live="polite" @scroll.passive="onScroll">
          <button v-if="has_older" class="plain older" @click="older">{{ words.older }}</button>
          <template v-for="row in rows" :key="row.key">
            <p v-if="row.day" class="day"><span>{{ row.day }}</span></p>
            <p v-else-if="row.author === 'system'" class="note"><span>{{ row.plain }}</span><time>{{ row.time }}</time></p>
            <p v-else-if="row.rating" class="note rated" data-testid="rating"><span><b class="stars" :aria-label="row.rating.score + '/5'">{{ '★'.repeat(row.rating.score) }}<i>{{ '★'.repeat(5 - row.rating.score) }}</i></b> {{ row.rating.text }}</span><time>{{ row.time }}</time></p>
            <article v-else-if="row.note" class="bubble private" data-testid="note"><header><q-icon name="lock"></q-icon><b>{{ row.note.by_name }}</b><span>{{ words.note_private }}</span><time :title="row.full">{{ row.time }}</time></header>
              <div class="said"><template v-for="(part, i) in row.parts" :key="i"><strong v-if="part.strong">{{ part.text }}</strong><template v-else>{{ part.text }}</template></template></div></article>
            <article v-else class="bubble" :class="[row.author, {failed: row.why || row.delivery === 'failed', sending: row.sending}]" :data-author="row.author">
              <header><b>{{ row.name }}</b><time :datetime="row.at" :title="row.full">{{ row.time }}</time><button v-if="row.is_masked" class="plain tiny" @click="$refs.reveal.open({seq: row.seq})" data-testid="reveal">{{ words.reveal }}</button></header>
              <div v-if="row.files.length" class="files"><template v-for="file in row.files" :key="file.key">
                <a v-if="file.picture" :href="file.url" target="_blank" rel="noopener" class="thumb"><img :src="file.url" :alt="file.name" loading="lazy" @load="settled" data-testid="picture"></a>
                <audio v-else-if="file.sound" controls preload="none" :src="file.url" :aria-label="file.name"></audio>
                <a v-else-if="file.url" :href="file.url" class="file" :download="file.name">{{ file.label }}：{{ file.name }}</a>
                <span v-else class="file">{{ file.label }}<template v-if="file.name">：{{ file.name }}</template></span>
              </template></div>
              <div v-if="row.plain || !row.files.length" class="said"><template v-for="(part, i) in row.parts" :key="i"><strong v-if="part.strong">{{ part.text }}</strong><template v-else>{{ part.text }}</template></template></div>
              <footer v-if="row.buttons.length" class="chips"><span v-for="one in row.buttons" :key="one">{{ one }}</span></footer>
              <footer v-if="row.sending" class="fate">{{ words.unsent }}</footer>
              <footer v-else-if="row.fate && !row.why" class="fate" :class="row.delivery" :title="row.problem" data-testid="fate">{{ row.fate }}<template v-if="row.problem">：{{ row.problem }}</template>
                <button v-if="mine && row.delivery === 'failed'" class="plain tiny" @click="resend(row.seq)" data-testid="resend">{{ words.resend }}</button></footer>
              <footer v-if="row.why" class="fate" role="alert">{{ words.not_delivered }}：{{ row.why }}
                <button v-if="row.kind === 'warn'" class="plain" @click="insist(row.key)">{{ words.send_anyway }}</button><button class="plain" @click="takeBack(row.key)">{{ words.take_back }}</button><button class="plain" @click="dropOne(row.key)">{{ words.discard }}</button></footer>
            </article>
          </template>
        </div>
        <div class="log-end"><button v-if="below" class="below" @click="toEnd">{{ words.new_below }} ↓</button></div>
        <p class="typing" aria-live="polite"><span v-if="customer_types">{{ words.typing }}</span></p>
        <Composer :key="conversation.id" ref="composer" :conversation="conversation.id" :mine="mine" :me="me" :words="words" :others="others" :asked="asked" :people="people" @send="send" @note="note" @writing="writing"></Composer>
      </template>
      <Summary ref="summary" :conversation="conversation" :me="me" :words="words" :codes="codes" :kinds="kinds" @resolve="$emit('resolve', $event)"></Summary>
      <Transfer ref="transfer" :conversation="conversation?.id" :words="words" @transfer="$emit('transfer', $event)"></Transfer>
      <Whisper ref="whisper" :conversation="conversation?.id" :words="words" @whisper="$emit('whisper', $event)"></Whisper>
      <Reveal ref="reveal" :conversation="conversation?.id" :words="words" @shown="revealedIs"></Reveal>
    </main>`,
  props: { leads: Boolean, hands_over: Boolean, tools: Boolean, conversation: Object, me: String, words: Object, authors: Object, fates: Object, files: Object, codes: Array, kinds: Object },
  emits: ["accept", "say", "typing", "older", "read", "resolve", "places", "transfer", "take_over", "whisper", "again"],
  data() {
    return { messages: [], notes: [], others: [], people: [], outbox: [], revealed: {}, read: 0, has_older: false, below: false, customer_types: false, over: false };
  },
  computed: {
    mine() {
      return this.conversation?.state === "mine";
    },
    rows() {
      const { messages, notes, outbox, revealed, read, has_older, words, authors, fates, files } = this;
      return rowsOf({ messages, notes, outbox, revealed, read, has_older, words, authors, fates, files, conversation: this.conversation.id, ratings: this.conversation.ratings });
    },
    // The newest question that nobody has answered yet.
    asked() {
      const last = this.messages.findLast((one) => one.author === "customer" || one.author === "agent");
      return last?.author === "customer" ? last.seq : 0;
    },
    looking() {
      return this.others.map((one) => (one.is_typing ? this.words.other_types : this.words.other_looks).replace("{name}", one.name)).join("、");
    },
    characters() {
      return [{ value: "", text: this.words.as_written }, { value: "simplified", text: this.words.simplified }, { value: "traditional", text: this.words.traditional }];
    },
  },
  watch: {
    "conversation.id"(id, before) {
      this.leave(before);
      this.messages = [];
      this.notes = [];
      this.others = [];
      this.revealed = {};
      this.read = 0;
      this.below = this.customer_types = this.has_older = false;
      this.atEnd = true;
      this.$nextTick(() => {
        this.resizing.disconnect();
        if (this.$refs.log) this.resizing.observe(this.$refs.log);
      });
      ["summary", "transfer", "whisper", "reveal"].forEach((sheet) => this.$refs[sheet]?.close());
      history.replaceState(null, "", id ? `?c=${id}` : location.pathname);
      this.recall();
      this.beat();
    },
    mine(now) {
      if (now) this.$nextTick(() => this.$refs.composer?.focus());
    },
  },
  mounted() {
    this.atEnd = true;
    this.resizing = new ResizeObserver(this.settled);
    if (this.$refs.log) this.resizing.observe(this.$refs.log);
    this.recall();
    this.retrying = setInterval(this.retry, RETRY_MS);
    this.beating = setInterval(this.beat, BEAT_MS);
    this.beat();
    if (this.tools) call("GET", `${DESK}/colleagues`).then((people) => { this.people = people; }, () => {});
    window.addEventListener("keydown", this.onKey, true);
    window.addEventListener("focus", this.seen);
    window.addEventListener("desk-reveal", this.askReveal);
    window.addEventListener("pagehide", this.goAway);
  },
  unmounted() {
    clearInterval(this.retrying);
    clearInterval(this.beating);
    this.resizing.disconnect();
    window.removeEventListener("keydown", this.onKey, true);
    window.removeEventListener("focus", this.seen);
    window.removeEventListener("desk-reveal", this.askReveal);
    window.removeEventListener("pagehide", this.goAway);
  },
  methods: {
    // -- called by the page -------------------------------------------------------------------
    put(id, messages, more) {
      if (id !== this.conversation?.id) return;
      const known = new Map(this.messages.map((one) => [one.seq, one]));
      messages.forEach((one) => known.set(one.seq, one));
      const log = this.$refs.log, first = this.messages[0]?.seq, fromEnd = log ? log.scrollHeight - log.scrollTop : 0;
      const isOlder = first && messages.length && messages[0].seq < first;
      const isNews = messages.some((one) => one.author === "customer" && first && one.seq > this.messages.at(-1).seq);
      this.messages = [...known.values()].sort((a, b) => a.seq - b.seq);
      if (more !== null) this.has_older = more;
      const arrived = new Set(this.messages.map((one) => one.external_id));
      const before = this.outbox.length;
      this.outbox = this.outbox.filter((one) => !arrived.has(one.id));
      if (this.outbox.length !== before) this.keepOutbox();
      if (messages.some((one) => one.author === "customer")) this.customer_types = false;
      if (isNews && !document.hasFocus()) window.dispatchEvent(new Event("desk-ring"));
      this.$nextTick(() => {
        if (!this.$refs.log) return;
        if (isOlder) this.$refs.log.scrollTop = this.$refs.log.scrollHeight - fromEnd;
        else if (this.atEnd) this.toEnd();
        else if (isNews) this.below = true;
        this.seen();
      });
    },
    putNotes(id, notes) {
      if (id !== this.conversation?.id) return;
      this.notes = notes;
      if (this.atEnd) this.$nextTick(this.toEnd);
    },
    putOthers(id, others) {
      if (id === this.conversation?.id) this.others = others;
    },
    putRead(id, seq) {
      if (id === this.conversation?.id) this.read = seq;
    },
    typing(id, on) {
      if (id !== this.conversation?.id) return;
      this.customer_types = on;
      clearTimeout(this.typed);
      if (on) this.typed = setTimeout(() => { this.customer_types = false; }, TYPING_SHOWN_MS);
    },
    // `kind`: block, warn (goes out once confirmed), or nothing where only the message itself can tell.
    refuse(external_id, why, kind) {
      const one = this.outbox.find((one) => one.id === external_id);
      if (!one) return;
      if (kind && this.$refs.composer?.giveBack(one, why, kind)) return this.dropOne(external_id);
      Object.assign(one, { why, kind });
      this.keepOutbox();
    },
    remind(why) {
      this.$refs.composer?.remind(why);
    },
    resolved(id) {
      this.forget(id);
      this.$refs.summary.over(id);
      this.pane("list");
    },
    unresolved(why) {
      this.$refs.summary.refuse(why);
    },
    chooseTransfer(places) {
      this.$refs.transfer.open(places);
    },
    movedOn(id) {
      this.forget(id);
      this.$refs.transfer.close();
      this.pane("list");
    },
    // -- sending ---------------------------------------------------------------------------------
    send({ text, files, confirmed }) {
      const one = { id: `desk:${newId()}`, text, files, confirmed, at: new Date().toISOString(), why: "" };
      this.outbox.push(one);
      this.keepOutbox();
      this.emitSay(one);
      this.$nextTick(this.toEnd);
    },
    emitSay(one) {
      const attachments = (one.files ?? []).map((file) => file.id);
      this.$emit("say", { conversation_id: this.conversation.id, external_id: one.id, text: one.text, confirmed: Boolean(one.confirmed), attachments });
    },
    retry() {
      const stale = Date.now() - RETRY_MS;
      if (this.mine) this.outbox.filter((one) => !one.why && Date.parse(one.at) < stale).forEach(this.emitSay);
    },
    insist(id) {
      const one = this.outbox.find((one) => one.id === id);
      Object.assign(one, { why: "", confirmed: true, at: new Date().toISOString() });
      this.keepOutbox();
      this.emitSay(one);
    },
    takeBack(id) {
      this.$refs.composer.add(this.outbox.find((one) => one.id === id).text);
      this.dropOne(id);
    },
    dropOne(id) {
      this.outbox = this.outbox.filter((one) => one.id !== id);
      this.keepOutbox();
    },
    drop(event) {
      this.over = false;
      if (event.dataTransfer?.files.length) this.$refs.composer?.take(event.dataTransfer.files);
    },
    async resend(seq) {
      await this.tried(call("POST", `${DESK}/conversations/${this.conversation.id}/messages/${seq}/resend`));
      this.$emit("again", this.conversation.id);
    },
    async note(text) {
      const id = this.conversation.id;
      try {
        const note = await call("POST", beside(id, "notes"), { text });
        if (id === this.conversation?.id && !this.notes.some((one) => one.id === note.id)) this.notes = [...this.notes, note];
        this.$nextTick(this.toEnd);
      } catch (refusal) {
        const composer = this.$refs.composer;
        if (composer && id === this.conversation?.id) Object.assign(composer, { note: text, banner: { kind: "block", why: refusal.message || this.words.no_answer, text: "" } });
      }
    },
    async tried(promise) {
      try {
        return await promise;
      } catch (refusal) {
        this.$q.notify({ message: refusal.message || this.words.no_answer, type: "warning", position: "top" });
        return null;
      }
    },
    // -- who is here -----------------------------------------------------------------------------
    writing({ on, to_customer }) {
      const lasts = !on || Date.now() - this.toldAt < TYPING_AGAIN_MS;
      if (on === Boolean(this.told) && lasts) return;
      this.told = on;
      this.toldAt = Date.now();
      if (to_customer && this.mine) this.$emit("typing", { conversation_id: this.conversation.id, on });
      this.beat();
    },
    async beat() {
      const id = this.conversation?.id;
      if (!id || !this.tools || document.visibilityState === "hidden") return;
      const others = await call("POST", beside(id, "presence"), { tab: TAB, typing: Boolean(this.told) }).catch(() => null);
      if (others && id === this.conversation?.id) this.others = others;
    },
    leave(id) {
      if (id && this.tools) fetch(beside(id, `presence/${TAB}`), { method: "DELETE", keepalive: true }).catch(() => {});
    },
    goAway() {
      this.leave(this.conversation?.id);
    },
    // -- characters and what is masked -----------------------------------------------------------
    turnScript(what, value) {
      this.putScripts({ ...this.conversation.scripts, [what]: value || null });
    },
    async putScripts(scripts) {
      const id = this.conversation.id;
      const done = await this.tried(call("PUT", beside(id, "script"), scripts));
      this.$refs.scripts?.removeAttribute("open");
      if (!done || id !== this.conversation?.id) return;
      this.messages = [];
      this.$emit("again", id);
    },
    askReveal(event) {
      if (this.conversation) this.$refs.reveal.open(event.detail);
    },
    revealedIs(seq, text) {
      this.revealed = { ...this.revealed, [seq]: text };
    },
    // -- reading ---------------------------------------------------------------------------------
    older() {
      this.$emit("older", { conversation_id: this.conversation.id, seq: this.messages[0]?.seq ?? 0 });
    },
    seen() {
      const last = this.messages.at(-1);
      if (!last || !this.mine || !document.hasFocus() || this.seenSeq === `${this.conversation.id}:${last.seq}`) return;
      this.seenSeq = `${this.conversation.id}:${last.seq}`;
      this.$emit("read", { conversation_id: this.conversation.id, seq: last.seq });
    },
    onScroll() {
      const log = this.$refs.log;
      this.atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
      if (this.atEnd) this.below = false;
    },
    // Neither a picture that came later nor a composer that grew pushes the newest words out of sight.
    settled() {
      if (this.atEnd) this.toEnd();
    },
    toEnd() {
      this.atEnd = true;
      this.below = false;
      if (this.$refs.log) this.$refs.log.scrollTop = this.$refs.log.scrollHeight;
    },
    pane(name) {
      document.body.dataset.pane = name;
    },
    sumUp(then) {
      this.$refs.summary.open(then);
    },
    onKey(event) {
      if (event.isComposing || !event.altKey || event.ctrlKey || document.querySelector("dialog[open]")) return;
      const composer = this.$refs.composer, digit = /^Digit([1-3])$/.exec(event.code)?.[1];
      const own = {
        KeyR: () => this.sumUp("bot"),
        KeyE: () => this.sumUp("ended"),
        KeyT: () => this.hands_over && this.$emit("places", this.conversation.id),
        KeyC: () => composer.find("canned"),
        KeyF: () => composer.find("answers"),
      };
      const any = {
        KeyI: () => composer?.turn(false),
        KeyN: () => composer?.turn(true),
        KeyG: () => document.querySelector("[data-open-ticket]")?.click(),
      };
      const act = any[event.code] ?? (this.mine ? own[event.code] ?? (digit && (() => composer.suggestion(digit - 1))) : null);
      if (!act) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      act();
    },
    // -- what survives a reload --------------------------------------------------------------------
    key(what, id) {
      return `desk:${this.me}:${what}:${id ?? this.conversation?.id}`;
    },
    recall() {
      if (this.conversation) this.pane("chat");
      this.outbox = kept(this.key("outbox")) ?? [];
      this.told = false;
      if (this.mine) this.$nextTick(() => this.$refs.composer?.focus());
    },
    forget(id) {
      ["draft", "files"].forEach((what) => sessionStorage.removeItem(this.key(what, id)));
      if (id === this.conversation?.id) this.$refs.composer?.forget();
    },
    keepOutbox() {
      keep(this.key("outbox"), this.outbox.length ? JSON.stringify(this.outbox) : "");
    },
  },
};
