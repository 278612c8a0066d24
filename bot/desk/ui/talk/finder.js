// Finds canned responses and answers of the knowledge base; all by the keyboard.
import { TOOLS, beside, call } from "kuaida-desk/api.js";
import { plain } from "kuaida-desk/texts.js";

const SHOWN = 12;

export default {
  template: `
    <section class="finder" :aria-label="title" @keydown.esc.stop.prevent="$emit('close')">
      <div class="finder-top">
        <input ref="query" type="search" v-model="query" :placeholder="hint" :aria-label="title" autocomplete="off" role="combobox" aria-expanded="true" aria-controls="finder-found" :aria-activedescendant="found.length ? 'finder-' + at : null" @input="look" @keydown="onKey" data-testid="finder">
        <button type="button" class="plain" @click="$emit('close')" :aria-label="words.close">✕</button>
      </div>
      <ul v-if="found.length" id="finder-found" ref="list" role="listbox" :aria-label="title">
        <li v-for="(one, i) in found" :key="one.key" :id="'finder-' + i" role="option" :aria-selected="i === at" :class="{at: i === at}" @mousemove="at = i" @mousedown.prevent="choose(one)" data-testid="found">
          <span class="finder-title"><b>{{ one.title }}</b><kbd v-if="one.shortcut">/{{ one.shortcut }}</kbd><span v-if="one.folder" class="muted">{{ one.folder }}</span></span>
          <span class="finder-text">{{ one.text }}</span>
        </li>
      </ul>
      <p v-else-if="problem" class="finder-none" role="alert">{{ problem }}</p>
      <p v-else-if="asked" class="finder-none">{{ words.finder_nothing }}</p>
    </section>`,
  props: { kind: String, conversation: String, words: Object },
  emits: ["pick", "close"],
  data() {
    return { query: "", found: [], at: 0, asked: false, problem: "" };
  },
  computed: {
    title() {
      return this.kind === "canned" ? this.words.canned : this.words.answers;
    },
    hint() {
      return this.kind === "canned" ? this.words.canned_hint : this.words.answers_hint;
    },
  },
  mounted() {
    this.$refs.query.focus();
    this.look();
  },
  methods: {
    look() {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(this.search, this.kind === "canned" ? 60 : 200);
    },
    async search() {
      const turn = (this.turn = (this.turn ?? 0) + 1);
      try {
        const found = this.kind === "canned" ? await this.canned() : await this.answers();
        if (turn !== this.turn) return;
        [this.found, this.at, this.problem] = [found, 0, ""];
        this.asked = Boolean(this.query.trim()) || this.kind === "canned";
      } catch (refusal) {
        this.problem = refusal.message || this.words.no_answer;
        this.found = [];
      }
    },
    async canned() {
      const found = await call("GET", `${TOOLS}/canned?limit=${SHOWN}&q=${encodeURIComponent(this.query.trim().slice(0, 100))}`);
      return found.map((one) => ({ ...one, key: one.id }));
    },
    async answers() {
      const asked = this.query.trim().slice(0, 500);
      if (!asked) return [];
      const { offers } = await call("GET", `${TOOLS}/answers?conversation_id=${this.conversation}&q=${encodeURIComponent(asked)}`);
      return offers.map((one) => ({ key: one.topic, title: one.question, text: plain(one.text) }));
    },
    onKey(event) {
      if (event.isComposing || event.keyCode === 229) return;
      const last = this.found.length - 1;
      const act = {
        ArrowDown: () => this.go(this.at < last ? this.at + 1 : 0),
        ArrowUp: () => this.go(this.at > 0 ? this.at - 1 : last),
        Enter: () => this.choose(this.found[this.at]),
        Tab: () => this.choose(this.found[this.at]),
      }[event.key];
      if (act && (event.key !== "Tab" || this.found.length)) {
        event.preventDefault();
        act();
      }
    },
    go(to) {
      this.at = Math.max(0, to);
      this.$nextTick(() => this.$refs.list?.children[this.at]?.scrollIntoView({ block: "nearest" }));
    },
    async choose(one) {
      if (!one) return;
      if (this.kind !== "canned") return this.$emit("pick", one.text);
      try {
        this.$emit("pick", (await call("POST", beside(this.conversation, `canned/${one.id}`))).text);
      } catch (refusal) {
        this.problem = refusal.message || this.words.no_answer;
        this.found = [];
      }
    },
  },
};
