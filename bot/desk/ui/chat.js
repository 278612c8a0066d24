// One conversation: its log, the composer, the dialog that ends it.
// What a person types is kept in sessionStorage until it is in the log, so neither a reload nor a restart loses it; every
// message carries its own id, so sending it again is harmless.  All text is shown as text, never as HTML.
const ZONE = "Asia/Shanghai";
const RETRY_MS = 4000;
const TYPING_MS = 3000;
const TYPING_AGAIN_MS = 10000;
const TYPING_SHOWN_MS = 30000;
const LONGEST = 2000;

export default {
  template: `
    <main class="chat" :aria-label="words.title">
      <div v-if="!conversation" class="chat-empty">
        <h1>{{ words.pick_title }}</h1><p>{{ words.pick_hint }}</p>
        <p><button class="plain only-phone" @click="pane('list')">{{ words.back }}</button></p>
      </div>
      <template v-else>
        <header class="chat-head">
          <button class="plain only-narrow back" @click="pane('list')" :aria-label="words.back">‹</button>
          <div class="chat-who">
            <h1>{{ words.visitor }} {{ conversation.visitor }} <span class="tag">{{ conversation.channel }}</span> <span v-for="mood in conversation.moods" :key="mood.kind" class="tag mood" :class="mood.kind" :title="mood.hint" data-testid="mood">{{ mood.text }}</span></h1>
            <p data-testid="state"><span class="dot" :class="conversation.state"></span>{{ conversation.state_text }}</p>
          </div>
          <button class="plain only-panel" @click="pane('panel')">{{ words.details }}</button>
          <button v-if="leads && conversation.state === 'colleague'" class="outline" @click="askWhisper" data-testid="whisper">{{ words.whisper }}</button>
          <button v-if="leads && !mine" class="outline" @click="$emit('take_over', conversation.id)" data-testid="take-over">{{ words.take_over }}</button>
          <button v-if="mine && hands_over" class="outline" @click="askTransfer" title="Alt+T" data-testid="transfer">{{ words.transfer }}</button>
          <button v-if="['queued', 'offered'].includes(conversation.state)" class="primary" @click="$emit('accept', conversation.id)" data-testid="accept">{{ words.accept }}</button>
          <button v-if="mine" class="outline" @click="askResolve" title="Alt+R" data-testid="resolve"><span class="only-wide">{{ words.resolve }}</span><span class="only-phone">{{ words.resolve_short }}</span></button>
        </header>
        <div ref="log" class="log" tabindex="0" role="log" aria-live="polite" @scroll.passive="onScroll">
          <button v-if="has_older" class="plain older" @click="older">{{ words.older }}</button>
          <template v-for="row in rows" :key="row.key">
            <p v-if="row.day" class="day"><span>{{ row.day }}</span></p>
            <p v-else-if="row.author === 'system'" class="note"><span>{{ row.plain }}</span><time>{{ row.time }}</time></p>
            <article v-else class="bubble" :class="[row.author, {failed: row.why || row.delivery === 'failed', sending: row.sending}]" :data-author="row.author">
              <header><b>{{ row.name }}</b><time :datetime="row.at" :title="row.full">{{ row.time }}</time></header>
              <div v-if="row.files.length" class="files"><template v-for="file in row.files" :key="file.key">
                <a v-if="file.picture" :href="file.url" target="_blank" rel="noopener" class="thumb"><img :src="file.url" :alt="file.name" loading="lazy" data-testid="picture"></a>
                <audio v-else-if="file.sound" controls preload="none" :src="file.url" :aria-label="file.name"></audio>
                <a v-else-if="file.url" :href="file.url" class="file" :download="file.name">{{ file.label }}：{{ file.name }}</a>
                <span v-else class="file">{{ file.label }}<template v-if="file.name">：{{ file.name }}</template></span>
              </template></div>
              <div v-if="row.plain || !row.files.length" class="said"><template v-for="(part, i) in row.parts" :key="i"><strong v-if="part.strong">{{ part.text }}</strong><template v-else>{{ part.text }}</template></template></div>
              <footer v-if="row.buttons.length" class="chips"><span v-for="one in row.buttons" :key="one">{{ one }}</span></footer>
              <footer v-if="row.sending" class="fate">{{ words.unsent }}</footer>
              <footer v-else-if="row.fate" class="fate" :class="row.delivery" :title="row.problem" data-testid="fate">{{ row.fate }}<template v-if="row.problem">：{{ row.problem }}</template></footer>
              <footer v-if="row.why" class="fate" role="alert">{{ words.not_delivered }}：{{ row.why }}
                <button class="plain" @click="takeBack(row.key)">{{ words.take_back }}</button><button class="plain" @click="drop(row.key)">{{ words.discard }}</button></footer>
            </article>
          </template>
        </div>
        <button v-if="below" class="below" @click="toEnd">{{ words.new_below }} ↓</button>
        <p class="typing" aria-live="polite"><span v-if="customer_types">{{ words.typing }}</span></p>
        <footer class="composer" :class="{locked: !mine}">
          <textarea ref="input" v-model="draft" :disabled="!mine" :placeholder="mine ? words.compose : words.compose_locked" :aria-label="words.compose"
            rows="2" :maxlength="longest" @input="onInput" @keydown="onEnter" data-testid="composer"></textarea>
          <button class="primary" :disabled="!mine || !draft.trim()" @click="send" data-testid="send">{{ words.send }}</button>
        </footer>
      </template>
      <dialog ref="ending" class="sheet" :aria-label="words.resolve_title">
        <form method="dialog" @submit.prevent="resolve">
          <h2>{{ words.resolve_title }}</h2>
          <p class="hint">{{ words.resolve_hint }}</p>
          <label>{{ words.wrap_up_code }}<select v-model="wrap.code" @change="keepWrap" data-testid="wrap-code"><option v-for="one in codes" :key="one.code" :value="one.code">{{ one.name }}</option></select></label>
          <label>{{ words.wrap_up_text }}<textarea v-model="wrap.text" rows="5" :maxlength="longest" @input="keepWrap" @keydown.ctrl.enter="resolve" data-testid="wrap-text"></textarea></label>
          <footer><button type="button" @click="$refs.ending.close()">{{ words.cancel }}</button><button type="submit" class="primary" data-testid="confirm-resolve">{{ words.confirm_resolve }}</button></footer>
        </form>
      </dialog>
      <dialog ref="moving" class="sheet" :aria-label="words.transfer_title">
        <form method="dialog" @submit.prevent="transfer">
          <h2>{{ words.transfer_title }}</h2>
          <p class="hint">{{ places.length ? words.transfer_hint : words.transfer_nobody }}</p>
          <label>{{ words.transfer_to }}<select v-model="to" data-testid="transfer-to"><option v-for="one in places" :key="one.value" :value="one.value">{{ one.text }}</option></select></label>
          <label>{{ words.transfer_note }}<textarea v-model="note" rows="3" maxlength="500" @keydown.ctrl.enter="transfer" data-testid="transfer-note"></textarea></label>
          <footer><button type="button" @click="$refs.moving.close()">{{ words.cancel }}</button><button type="submit" class="primary" :disabled="!to" data-testid="confirm-transfer">{{ words.confirm_transfer }}</button></footer>
        </form>
      </dialog>
      <dialog ref="whispering" class="sheet" :aria-label="words.whisper_title">
        <form method="dialog" @submit.prevent="whisper">
          <h2>{{ words.whisper_title }}</h2>
          <p class="hint">{{ words.whisper_hint }}</p>
          <label>{{ words.whisper }}<textarea v-model="quietly" rows="3" maxlength="500" @keydown.ctrl.enter="whisper" data-testid="whisper-text"></textarea></label>
          <footer><button type="button" @click="$refs.whispering.close()">{{ words.cancel }}</button><button type="submit" class="primary" :disabled="!quietly.trim()" data-testid="confirm-whisper">{{ words.confirm_whisper }}</button></footer>
        </form>
      </dialog>
    </main>`,
  props: { leads: Boolean, hands_over: Boolean, conversation: Object, me: String, words: Object, authors: Object, fates: Object, files: Object, codes: Array },
  emits: ["accept", "say", "typing", "older", "read", "resolve", "places", "transfer", "take_over", "whisper"],
  data() {
    return { places: [], to: "", note: "", quietly: "", messages: [], outbox: [], draft: "", wrap: { code: "", text: "" }, has_older: false, below: false, customer_types: false, longest: LONGEST };
  },
  computed: {
    mine() {
      return this.conversation?.state === "mine";
    },
    rows() {
      const rows = [];
      let day = "";
      const add = (message, extra) => {
        const at = Date.parse(message.created_at), label = dayOf(at, this.words);
        if (label !== day) rows.push({ key: `day ${label}`, day: (day = label) });
        rows.push({ ...shown(message, this.authors), ...this.carried(message), time: clock(at), full: new Date(at).toLocaleString("zh-CN", { timeZone: ZONE }), ...extra });
      };
      this.messages.forEach((message) => add(message, { key: `m${message.seq}` }));
      this.outbox.forEach((one) => add({ author: "agent", text: one.text, buttons: [], created_at: one.at }, { key: one.id, sending: !one.why, why: one.why }));
      return rows;
    },
  },
  watch: {
    "conversation.id"(id) {
      this.messages = [];
      this.below = this.customer_types = this.has_older = false;
      this.$refs.ending?.close();
      this.$refs.moving?.close();
      this.$refs.whispering?.close();
      history.replaceState(null, "", id ? `?c=${id}` : location.pathname);
      this.recall();
    },
    mine(now) {
      if (now) this.$nextTick(() => this.$refs.input?.focus());
    },
  },
  mounted() {
    this.recall();
    this.retrying = setInterval(this.retry, RETRY_MS);
    window.addEventListener("keydown", this.onKey);
    window.addEventListener("focus", this.seen);
  },
  unmounted() {
    clearInterval(this.retrying);
    window.removeEventListener("keydown", this.onKey);
    window.removeEventListener("focus", this.seen);
  },
  methods: {
    // What came with a message, and how far it got on the customer's channel.
    carried(message) {
      const path = `/api/v1/desk/conversations/${this.conversation.id}/messages/${message.seq}/attachments/`;
      const files = (message.attachments ?? []).map((one, i) => ({
        key: i,
        url: one.id ? path + i : "",
        picture: one.id && one.kind === "image",
        sound: one.id && one.kind === "voice",
        label: this.files[one.kind] ?? one.kind,
        name: one.name || (one.id ? this.files[one.kind] ?? one.kind : ""),
      }));
      const fate = this.fates[message.delivery] ?? "";
      return { files, fate, delivery: message.delivery ?? "", problem: message.delivery_problem ?? "" };
    },
    // -- called by the page -------------------------------------------------------------------
    put(id, messages, more) {
      if (id !== this.conversation?.id) return;
      const known = new Map(this.messages.map((one) => [one.seq, one]));
      messages.forEach((one) => known.set(one.seq, one));
      const log = this.$refs.log, first = this.messages[0]?.seq, fromEnd = log ? log.scrollHeight - log.scrollTop : 0;
      const atEnd = !log || fromEnd - log.clientHeight < 80, isOlder = first && messages.length && messages[0].seq < first;
      this.messages = [...known.values()].sort((a, b) => a.seq - b.seq);
      if (more !== null) this.has_older = more;
      const arrived = new Set(this.messages.map((one) => one.external_id));
      const before = this.outbox.length;
      this.outbox = this.outbox.filter((one) => !arrived.has(one.id));
      if (this.outbox.length !== before) this.keepOutbox();
      if (messages.some((one) => one.author === "customer")) this.customer_types = false;
      this.$nextTick(() => {
        if (isOlder) this.$refs.log.scrollTop = this.$refs.log.scrollHeight - fromEnd;
        else if (atEnd) this.toEnd();
        else if (messages.length) this.below = true;
        this.seen();
      });
    },
    typing(id, on) {
      if (id !== this.conversation?.id) return;
      this.customer_types = on;
      clearTimeout(this.typed);
      if (on) this.typed = setTimeout(() => { this.customer_types = false; }, TYPING_SHOWN_MS);
    },
    refuse(external_id, why) {
      const one = this.outbox.find((one) => one.id === external_id);
      if (one) one.why = why;
      this.keepOutbox();
    },
    resolved(id) {
      sessionStorage.removeItem(this.key("wrap", id));
      sessionStorage.removeItem(this.key("draft", id));
      this.$refs.ending.close();
      this.pane("list");
    },
    // -- sending ---------------------------------------------------------------------------------
    onEnter(event) {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.send();
    },
    send() {
      const text = this.draft.trim();
      if (!text || !this.mine) return;
      const one = { id: `desk:${newId()}`, text, at: new Date().toISOString(), why: "" };
      this.outbox.push(one);
      this.keepOutbox();
      this.draft = "";
      this.keepDraft();
      this.tell(false);
      this.emitSay(one);
      this.$nextTick(this.toEnd);
      this.$refs.input.focus();
    },
    emitSay(one) {
      this.$emit("say", { conversation_id: this.conversation.id, external_id: one.id, text: one.text });
    },
    retry() {
      const stale = Date.now() - RETRY_MS;
      if (this.mine) this.outbox.filter((one) => !one.why && Date.parse(one.at) < stale).forEach(this.emitSay);
    },
    takeBack(id) {
      const one = this.outbox.find((one) => one.id === id);
      this.draft = [this.draft, one.text].filter(Boolean).join("\n");
      this.keepDraft();
      this.drop(id);
    },
    drop(id) {
      this.outbox = this.outbox.filter((one) => one.id !== id);
      this.keepOutbox();
    },
    onInput() {
      this.keepDraft();
      this.tell(Boolean(this.draft));
    },
    tell(on) {
      clearTimeout(this.quiet);
      if (on) this.quiet = setTimeout(() => this.tell(false), TYPING_MS);
      const lasts = !on || Date.now() - this.toldAt < TYPING_AGAIN_MS;
      if (on === Boolean(this.told) && lasts) return;
      this.told = on;
      this.toldAt = Date.now();
      this.$emit("typing", { conversation_id: this.conversation.id, on });
    },
    // -- ending ----------------------------------------------------------------------------------
    askResolve() {
      const kept = sessionStorage.getItem(this.key("wrap"));
      this.wrap = kept ? JSON.parse(kept) : { code: this.conversation.wrap_up_code, text: this.conversation.wrap_up_text };
      this.$refs.ending.showModal();
      this.$nextTick(() => this.$refs.ending.querySelector("textarea").focus());
    },
    resolve() {
      this.$emit("resolve", { conversation_id: this.conversation.id, wrap_up_code: this.wrap.code, text: this.wrap.text.trim() });
    },
    // -- handing on ------------------------------------------------------------------------------
    askTransfer() {
      this.$emit("places", this.conversation.id);
    },
    chooseTransfer(places) {
      this.places = places;
      this.to = places[0]?.value ?? "";
      this.note = "";
      this.$refs.moving.showModal();
    },
    transfer() {
      const [kind, ...name] = this.to.split(":");
      if (this.to) this.$emit("transfer", { conversation_id: this.conversation.id, [kind]: name.join(":"), note: this.note.trim() });
    },
    movedOn(id) {
      sessionStorage.removeItem(this.key("draft", id));
      this.$refs.moving.close();
      this.pane("list");
    },
    askWhisper() {
      this.quietly = "";
      this.$refs.whispering.showModal();
    },
    whisper() {
      if (!this.quietly.trim()) return;
      this.$emit("whisper", { conversation_id: this.conversation.id, text: this.quietly.trim() });
      this.$refs.whispering.close();
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
      if (log.scrollHeight - log.scrollTop - log.clientHeight < 20) this.below = false;
    },
    toEnd() {
      this.below = false;
      if (this.$refs.log) this.$refs.log.scrollTop = this.$refs.log.scrollHeight;
    },
    pane(name) {
      document.body.dataset.pane = name;
    },
    onKey(event) {
      if (event.isComposing || !event.altKey || document.querySelector("dialog[open]")) return;
      if (event.code === "KeyR" && this.mine) {
        event.preventDefault();
        this.askResolve();
      }
      if (event.code === "KeyT" && this.mine && this.hands_over) {
        event.preventDefault();
        this.askTransfer();
      }
      if (event.code === "KeyI") {
        event.preventDefault();
        this.$refs.input?.focus();
      }
    },
    // -- what survives a reload --------------------------------------------------------------------
    key(what, id) {
      return `desk:${this.me}:${what}:${id ?? this.conversation?.id}`;
    },
    recall() {
      if (this.conversation) this.pane("chat");
      this.draft = sessionStorage.getItem(this.key("draft")) ?? "";
      this.outbox = JSON.parse(sessionStorage.getItem(this.key("outbox")) ?? "[]");
      this.told = false;
      if (this.mine) this.$nextTick(() => this.$refs.input?.focus());
    },
    keepDraft() {
      keep(this.key("draft"), this.draft);
    },
    keepOutbox() {
      keep(this.key("outbox"), this.outbox.length ? JSON.stringify(this.outbox) : "");
    },
    keepWrap() {
      keep(this.key("wrap"), JSON.stringify(this.wrap));
    },
  },
};

function keep(key, value) {
  if (value) sessionStorage.setItem(key, value);
  else sessionStorage.removeItem(key);
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
}

function clock(at) {
  return new Intl.DateTimeFormat("zh-CN", { timeZone: ZONE, hour: "2-digit", minute: "2-digit", hour12: false }).format(at);
}

function dayOf(at, words) {
  const day = (ms) => new Intl.DateTimeFormat("zh-CN", { timeZone: ZONE, year: "numeric", month: "long", day: "numeric", weekday: "short" }).format(ms);
  const label = day(at);
  if (label === day(Date.now())) return words.today;
  return label === day(Date.now() - 86400000) ? words.yesterday : label;
}

// Only our own side writes Markdown; of it the desk shows bold and the words of a link.  A customer's stars stay stars.
function shown(message, authors) {
  const ours = message.author === "bot" || message.author === "system";
  const text = ours ? message.text.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1") : message.text;
  const parts = ours ? text.split("**").map((text, i) => ({ text, strong: i % 2 === 1 })) : [{ text, strong: false }];
  return {
    author: message.author,
    name: message.author_name || authors[message.author],
    at: message.created_at,
    parts,
    plain: parts.map((one) => one.text).join(""),
    buttons: (message.buttons ?? []).map((one) => one.title),
  };
}
