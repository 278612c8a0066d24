// Where an agent writes: to the customer or, in another colour, a note that only colleagues see.
// Nothing leaves from here: `send` and `note` go to the conversation around it, which gives refused words back.
import { DESK, beside, call, upload } from "kuaida-desk/api.js";
import Finder from "kuaida-desk/finder.js";
import Mentions from "kuaida-desk/mentions.js";
import { holes, keep, kept, marked, plain } from "kuaida-desk/texts.js";

const LONGEST = 2000;
const MOST_FILES = 9;
const QUIET_MS = 3000;
const TYPES = "image/*,application/pdf,audio/*,video/mp4";

export default {
  components: { Finder, Mentions },
  template: `
    <footer class="composer" :class="{locked: !open, noting}">
      <p v-if="collision" class="collision" role="alert" data-testid="collision">{{ collision }}</p>
      <Finder v-if="finding" :kind="finding" :conversation="conversation" :words="words" @pick="pick" @close="find('')"></Finder>
      <Mentions v-if="noting && called !== null" ref="mentions" :people="people" :called="called" :words="words" @pick="mention"></Mentions>
      <ul v-if="offers.length && mine && !noting && !finding" class="offers" :aria-label="words.suggested">
        <li v-for="(one, i) in offers" :key="one.id"><button type="button" @click="insert(one.text)" :title="one.text" data-testid="suggestion"><kbd>Alt {{ i + 1 }}</kbd><b>{{ one.question }}</b><span>{{ one.text }}</span></button></li>
      </ul>
      <div class="composer-bar">
        <span class="modes" role="tablist"><button type="button" role="tab" :aria-selected="!noting" @click="turn(false)">{{ words.mode_reply }}</button><button type="button" role="tab" :aria-selected="noting" @click="turn(true)" title="Alt+N" data-testid="mode-note">{{ words.mode_note }}</button></span>
        <template v-if="!noting">
          <button type="button" class="plain tool" :disabled="!mine" @click="find('canned')" title="Alt+C  /" data-testid="find-canned"><q-icon name="bolt"></q-icon><span>{{ words.canned }}</span></button>
          <button type="button" class="plain tool" :disabled="!mine" @click="find('answers')" title="Alt+F" data-testid="find-answers"><q-icon name="menu_book"></q-icon><span>{{ words.answers }}</span></button>
          <label class="tool" :class="{off: !mine}" :title="words.attach"><input type="file" multiple :disabled="!mine" :accept="types" @change="choose" :aria-label="words.attach" data-testid="attach"><q-icon name="attach_file"></q-icon><span>{{ words.attach }}</span></label>
        </template>
        <span class="muted aside">{{ noting ? words.note_hint : words.compose_keys }}</span>
      </div>
      <div v-if="banner" class="banner" :class="'is-' + banner.kind" role="alert" data-testid="banner"><span>{{ banner.why }}</span>
        <button v-if="banner.kind === 'warn'" type="button" class="small primary" @click="send" data-testid="confirm-send">{{ words.send_anyway }} <kbd>Enter</kbd></button>
        <button type="button" class="small plain" @click="banner = null">{{ words.close }}</button></div>
      <ul v-if="files.length && !noting" class="pending" aria-live="polite">
        <li v-for="one in files" :key="one.key" :class="one.state" data-testid="pending"><img v-if="one.preview" :src="one.preview" alt=""><span class="name">{{ one.name }}</span>
          <progress v-if="one.state === 'going'" :value="one.done" max="100" :aria-label="one.name"></progress><span v-if="one.said" class="said-no">{{ one.said }}</span>
          <button type="button" class="plain small" @click="without(one)" :aria-label="words.discard + ' ' + one.name">✕</button></li>
      </ul>
      <div class="writing">
        <div ref="mirror" class="mirror" aria-hidden="true"><span v-for="(part, i) in parts" :key="i" :class="part.kind && 'mark-' + part.kind">{{ part.text }}</span></div>
        <textarea ref="input" v-model="text" :disabled="!open" :placeholder="placeholder" :aria-label="noting ? words.mode_note : words.mode_reply" rows="2" :maxlength="longest"
          @input="onInput" @keydown="onKey" @scroll.passive="scroll" @paste="paste" @click="findCalled" data-testid="composer"></textarea>
        <button type="button" class="primary" :disabled="!ready" @click="send" data-testid="send">{{ noting ? words.note_add : words.send }}</button>
      </div>
      <p v-if="advice.length && !noting" class="advice" role="status" data-testid="advice"><span v-for="one in advice" :key="one.text" :class="'is-' + one.kind">{{ one.text }}</span></p>
    </footer>`,
  props: { conversation: String, mine: Boolean, me: String, words: Object, others: Array, asked: Number, people: Array },
  emits: ["send", "note", "writing"],
  data() {
    return { reply: "", note: "", noting: false, finding: "", offers: [], banner: null, files: [], checked: null, called: null, longest: LONGEST, types: TYPES };
  },
  computed: {
    text: {
      get() { return this.noting ? this.note : this.reply; },
      set(value) { this[this.noting ? "note" : "reply"] = value; },
    },
    open() {
      return this.mine || this.noting;
    },
    ready() {
      if (this.noting) return Boolean(this.note.trim());
      const going = this.files.some((one) => one.state === "going");
      return this.mine && !going && Boolean(this.reply.trim() || this.sendable.length);
    },
    sendable() {
      return this.files.filter((one) => one.state === "done");
    },
    placeholder() {
      if (this.noting) return this.words.note_placeholder;
      return this.mine ? this.words.compose : this.words.compose_locked;
    },
    collision() {
      const names = this.others.filter((one) => one.is_typing).map((one) => one.name);
      return names.length ? this.words.collision.replace("{names}", names.join("、")) : "";
    },
    parts() {
      return this.noting ? [] : marked(this.reply, this.checked?.of === this.reply ? this.checked.hits : []);
    },
    advice() {
      if (this.checked?.of !== this.reply || this.banner) return [];
      const says = { block: this.words.advice_block, warn: this.words.advice_warn, remind: this.words.advice_remind };
      const said = this.checked.hits.map((hit) => ({ kind: hit.severity, text: says[hit.severity].replace("{word}", hit.text).replace("{reason}", hit.reason) }));
      if (this.checked.text !== this.reply) said.push({ kind: "as", text: this.words.sent_as.replace("{text}", this.checked.text) });
      return said.filter((one, i) => said.findIndex((other) => other.text === one.text) === i).slice(0, 3);
    },
  },
  watch: {
    asked: "suggest",
    mine: "suggest",
  },
  mounted() {
    this.reply = sessionStorage.getItem(this.key("draft")) ?? "";
    this.note = sessionStorage.getItem(this.key("note")) ?? "";
    this.files = (kept(this.key("files")) ?? []).map((one) => ({ ...one, key: one.id, state: "done" }));
    this.suggest();
    this.check();
  },
  unmounted() {
    [this.quiet, this.checking, this.suggesting].forEach(clearTimeout);
    this.files.forEach((one) => one.preview && URL.revokeObjectURL(one.preview));
  },
  methods: {
    // -- called by the conversation ----------------------------------------------------------------
    focus() {
      this.$refs.input?.focus();
    },
    // Words that were not sent come back where there is room for them; returns whether there was.
    giveBack(one, why, kind) {
      if (this.reply.trim() || this.files.length) return false;
      this.turn(false);
      this.reply = one.text;
      this.files = (one.files ?? []).map((each) => ({ ...each, key: each.id, state: "done" }));
      this.banner = { kind, why, text: one.text.trim() };
      this.keepAll();
      this.check();
      return true;
    },
    add(text) {
      this.turn(false);
      this.reply = [this.reply, text].filter(Boolean).join("\n");
      this.keepAll();
    },
    take(list) {
      if (!this.mine) return;
      this.turn(false);
      [...list].slice(0, MOST_FILES - this.files.length).forEach(this.upload);
    },
    remind(why) {
      if (!this.banner) this.banner = { kind: "remind", why, text: "" };
    },
    forget() {
      this.reply = this.note = "";
      this.files = [];
      this.keepAll();
    },
    find(kind) {
      this.finding = this.mine ? kind : "";
      if (!kind) this.focus();
    },
    turn(noting) {
      this.noting = noting;
      this.finding = "";
      this.called = null;
      this.tell(false);
      this.$nextTick(this.focus);
    },
    suggestion(i) {
      if (this.offers[i]) this.insert(this.offers[i].text);
    },
    // -- sending -----------------------------------------------------------------------------------
    send() {
      if (!this.ready) return;
      const text = this.text.trim();
      this.tell(false);
      if (this.noting) {
        this.$emit("note", text);
        this.note = "";
        this.called = null;
        this.keepAll();
        return;
      }
      const open = holes(text);
      if (open.length) {
        const names = [...new Set(open.map(([from, to]) => text.slice(from, to)))].join("、");
        this.banner = { kind: "block", why: this.words.unfilled.replace("{names}", names), text };
        this.nextHole();
        return;
      }
      const confirmed = this.banner?.kind === "warn" && this.banner.text === text;
      const files = this.sendable.map(({ id, name, content_type }) => ({ id, name, content_type }));
      this.banner = this.checked = null;
      this.reply = "";
      this.files = [];
      this.offers = [];
      this.keepAll();
      this.$emit("send", { text, files, confirmed });
      this.focus();
    },
    // -- putting in --------------------------------------------------------------------------------
    pick(text) {
      this.find("");
      this.insert(text);
    },
    insert(text) {
      this.turn(false);
      const input = this.$refs.input, at = this.reply ? input.selectionStart : 0;
      this.reply = this.reply.slice(0, at) + text + this.reply.slice(this.reply ? input.selectionEnd : 0);
      this.banner = null;
      this.onInput();
      this.$nextTick(() => {
        this.focus();
        input.setSelectionRange(at + text.length, at + text.length);
        this.nextHole(at);
      });
    },
    nextHole(from = this.$refs.input.selectionEnd) {
      const open = holes(this.reply), next = open.find(([start]) => start >= from) ?? open[0];
      if (!next) return false;
      this.$nextTick(() => {
        this.focus();
        this.$refs.input.setSelectionRange(...next);
      });
      return true;
    },
    mention(word) {
      const input = this.$refs.input, at = input.selectionStart, from = at - this.called.length;
      this.note = `${this.note.slice(0, from)}${word} ${this.note.slice(at)}`;
      this.called = null;
      this.keepAll();
      this.$nextTick(() => {
        this.focus();
        input.setSelectionRange(from + word.length + 1, from + word.length + 1);
      });
    },
    // -- writing -----------------------------------------------------------------------------------
    onKey(event) {
      if (event.isComposing || event.keyCode === 229) return;
      if (this.called !== null && this.$refs.mentions?.onKey(event)) return;
      if (event.key === "/" && !this.text && !this.noting) {
        event.preventDefault();
        this.find("canned");
      } else if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        this.send();
      } else if (event.key === "Tab" && !event.shiftKey && !this.noting && this.nextHole()) {
        event.preventDefault();
      } else if (event.key === "Escape" && this.banner) {
        this.banner = null;
      }
    },
    onInput() {
      if (this.banner && this.banner.text !== this.reply.trim()) this.banner = null;
      this.keepAll();
      this.tell(Boolean(this.text));
      this.findCalled();
      this.check();
    },
    // Whom the word before the caret calls, None while it calls nobody.
    findCalled() {
      const before = this.noting ? this.note.slice(0, this.$refs.input.selectionStart) : "";
      this.called = /[@＠]([\p{L}\d_.-]{0,20})$/u.exec(before)?.[1] ?? null;
    },
    check() {
      clearTimeout(this.checking);
      if (this.noting || !this.mine || !this.reply.trim()) return;
      this.checking = setTimeout(async () => {
        const of = this.reply;
        const found = await call("POST", beside(this.conversation, "check"), { text: of }).catch(() => null);
        if (found && of === this.reply) this.checked = { ...found, of };
      }, 400);
    },
    suggest() {
      clearTimeout(this.suggesting);
      this.offers = [];
      if (!this.mine || !this.asked) return;
      this.suggesting = setTimeout(async () => {
        const asked = this.asked;
        const found = await call("GET", beside(this.conversation, "suggestions")).catch(() => []);
        if (asked === this.asked) this.offers = found.map((one) => ({ id: one.id, question: one.offer.question, text: plain(one.offer.text) }));
      }, 250);
    },
    tell(on) {
      clearTimeout(this.quiet);
      if (on) this.quiet = setTimeout(() => this.tell(false), QUIET_MS);
      this.$emit("writing", { on, to_customer: !this.noting });
    },
    scroll() {
      this.$refs.mirror.scrollTop = this.$refs.input.scrollTop;
    },
    // -- files -------------------------------------------------------------------------------------
    choose(event) {
      this.take(event.target.files);
      event.target.value = "";
    },
    paste(event) {
      if (this.noting || !event.clipboardData?.files.length) return;
      event.preventDefault();
      this.take(event.clipboardData.files);
    },
    async upload(file) {
      const preview = file.type.startsWith("image/") ? URL.createObjectURL(file) : "";
      this.files.push({ key: Math.random(), name: file.name || "image.png", preview, state: "going", done: 0, said: "" });
      const one = this.files.at(-1);
      try {
        const address = `${DESK}/conversations/${this.conversation}/files`;
        Object.assign(one, await upload(address, file, one.name, (done) => { one.done = done; }), { state: "done" });
      } catch (refusal) {
        Object.assign(one, { state: "failed", said: refusal.message || this.words.upload_failed });
      }
      this.keepAll();
    },
    without(one) {
      this.files = this.files.filter((other) => other !== one);
      this.keepAll();
    },
    // -- what survives a reload --------------------------------------------------------------------
    key(what) {
      return `desk:${this.me}:${what}:${this.conversation}`;
    },
    keepAll() {
      keep(this.key("draft"), this.reply);
      keep(this.key("note"), this.note);
      const files = this.sendable.map(({ id, name, content_type }) => ({ id, name, content_type }));
      keep(this.key("files"), files.length ? JSON.stringify(files) : "");
    },
  },
};
