// One sentence after the other, by keyboard: intents are found by typing, entities marked by selecting.
// Places in the sentence count characters as Python does, not the halves of them that JavaScript counts.
const RECENT = 9, SHOWN = 8, LETTERS = "abcdefghijklmnopqrstuvwxyz";
export default {
  template: `
  <div class="label-desk" @keydown="anywhere" data-testid="label-desk">
    <header class="label-head">
      <a class="back-link" :href="back">‹ {{ name }}</a>
      <span class="progress" role="progressbar" :aria-valuenow="doneShare" aria-valuemin="0" aria-valuemax="100" :aria-label="words.progress"><i :style="{width: doneShare + '%'}"></i></span>
      <span class="muted" data-testid="left">{{ words.left.replace('{n}', left) }}</span>
      <button type="button" class="small" @click="$refs.help.showModal()" :aria-label="words.keys">? <span class="wide-text">{{ words.keys }}</span></button>
    </header>
    <div v-if="!task" class="label-done" data-testid="all-done"><p class="big">✓</p><p>{{ words.all_done }}</p><a class="button primary-link" :href="back">{{ words.back_to_sets }}</a></div>
    <template v-else>
      <section class="sentence-box">
        <p class="muted">{{ words.sentence.replace('{n}', task.no) }}</p>
        <p class="sentence" ref="sentence" tabindex="0" role="textbox" aria-readonly="true" :aria-label="words.sentence_hint" @mouseup="selected" @touchend="selectedSoon" @keydown="inSentence" data-testid="sentence"><span v-for="piece in pieces" :key="piece.start + (piece.picked ? 'p' : '')" :class="{marked: piece.kind, picked: piece.picked, caret: piece.caret}" :data-at="piece.start" :data-kind="piece.ends ? titleOf(piece.kind) : null">{{ piece.text }}</span></p>
        <div class="kinds" v-if="hasSelection" role="toolbar" :aria-label="words.mark_as">
          <button v-for="(kind, at) in kinds" :key="kind.id" type="button" class="small" @mousedown.prevent @click="mark(kind.id)" :data-kind="kind.id"><kbd>{{ letter(at) }}</kbd> {{ kind.title }}</button>
          <button type="button" class="small" @mousedown.prevent @click="unmark" :disabled="!canUnmark">{{ words.unmark }}</button>
        </div>
        <p v-else class="muted tiny">{{ words.mark_hint }}</p>
      </section>
      <section class="choose">
        <div class="chooser">
          <label class="field"><span>{{ words.intents }}</span>
            <span class="chips-in"><button v-for="(one, at) in picked" :key="one" type="button" class="chip" @click="picked.splice(at, 1)" :title="words.remove"><i v-if="at">+</i>{{ intentTitle(one) }} ✕</button>
            <input ref="intent" v-model="query" :placeholder="picked.length ? words.second : words.find_intent" @keydown="inIntent" @focus="area = 'intent'" autocomplete="off" spellcheck="false" role="combobox" aria-controls="found-intents" :aria-expanded="!!query" name="intent"></span></label>
          <ol id="found-intents" class="found" role="listbox" v-if="area === 'intent'">
            <li v-for="(one, at) in shownIntents" :key="one.id" role="option" :aria-selected="at === at_intent" :class="{at: at === at_intent}" @mousedown.prevent="pick(one.id)" data-testid="intent-option"><kbd v-if="!query">{{ at + 1 }}</kbd><b>{{ one.title }}</b><span class="mono">{{ one.id }}</span></li>
            <li v-if="query && !shownIntents.length" class="muted">{{ words.nothing_found }}</li>
          </ol>
        </div>
        <div class="chooser">
          <label class="field"><span>{{ words.topic }}</span>
            <span class="chips-in"><button v-if="topic" type="button" class="chip" @click="topic = null" :title="words.remove">{{ topicTitle(topic) }} ✕</button>
            <input v-else ref="topic" v-model="topicQuery" :placeholder="words.find_topic" @keydown="inTopic" @focus="area = 'topic'" autocomplete="off" spellcheck="false" name="topic"></span></label>
          <ol class="found" role="listbox" v-if="!topic && (area === 'topic' || picked.includes('faq'))">
            <li v-for="(one, at) in shownTopics" :key="one.id" role="option" :aria-selected="at === at_topic" :class="{at: at === at_topic}" @mousedown.prevent="pickTopic(one.id)" data-testid="topic-option"><b>{{ one.title }}</b><span class="mono">{{ one.id }}</span></li>
          </ol>
        </div>
      </section>
      <p class="alert" role="alert">{{ problem }}</p>
      <footer class="label-foot">
        <button type="button" class="primary" :disabled="!picked.length" @click="save" data-testid="save">{{ words.save_next }} <kbd>Enter</kbd></button>
        <button type="button" :disabled="!last" @click="$emit('again', last)" data-testid="again">{{ words.again }} <kbd>Alt+Z</kbd></button>
        <span class="grow"></span>
        <button type="button" class="danger" @click="drop">{{ words.drop }}</button>
      </footer>
    </template>
    <dialog ref="help" class="sheet people-sheet"><h2>{{ words.keys }}</h2>
      <dl class="keys"><template v-for="(what, key) in keys" :key="key"><dt><kbd>{{ key }}</kbd></dt><dd>{{ what }}</dd></template></dl>
      <footer><button class="primary" type="button" @click="$refs.help.close()">{{ words.close }}</button></footer>
    </dialog>
  </div>`,
  props: { task: Object, left: Number, total: Number, name: String, back: String, intents: Array, topics: Array, kinds: Array, words: Object, keys: Object },
  emits: ["save", "again", "drop"],
  data() {
    return { picked: [], topic: null, marks: [], query: "", topicQuery: "", at_intent: 0, at_topic: 0, area: "intent", start: 0, end: 0, caret: 0, problem: "", last: null, recent: [] };
  },
  computed: {
    letters() { return Array.from(this.task ? this.task.text : ""); },
    doneShare() { return this.total ? Math.round((100 * (this.total - this.left)) / this.total) : 100; },
    hasSelection() { return this.end > this.start; },
    canUnmark() { return this.marks.some((mark) => mark.start < this.end && mark.end > this.start); },
    pieces() {
      const cuts = new Set([0, this.letters.length, this.start, this.end]);
      for (const mark of this.marks) { cuts.add(mark.start); cuts.add(mark.end); }
      const places = [...cuts].sort((one, other) => one - other);
      return places.slice(0, -1).map((start, at) => {
        const end = places[at + 1];
        const mark = this.marks.find((one) => one.start <= start && end <= one.end);
        const picked = this.hasSelection && this.start <= start && end <= this.end;
        return { start, text: this.letters.slice(start, end).join(""), kind: mark && mark.kind, ends: mark && mark.end === end, picked };
      });
    },
    shownIntents() {
      if (!this.query.trim()) {
        const known = this.recent.map((id) => this.intents.find((one) => one.id === id)).filter(Boolean);
        return known.length ? known : this.intents.slice(0, SHOWN);
      }
      return this.find(this.intents, this.query);
    },
    shownTopics() { return this.topicQuery.trim() ? this.find(this.topics, this.topicQuery) : this.topics.slice(0, SHOWN); },
  },
  watch: {
    task: { handler() { this.begin(); }, deep: false },
    query() { this.at_intent = 0; },
    topicQuery() { this.at_topic = 0; },
  },
  mounted() {
    try { this.recent = JSON.parse(localStorage.studioRecent || "[]"); } catch { this.recent = []; }
    this.begin();
  },
  methods: {
    begin() {
      const own = this.task && this.task.label;
      this.picked = own ? [...own.intents] : [];
      this.topic = own ? own.topic : null;
      this.marks = own ? own.entities.map((one) => ({ ...one })) : [];
      this.query = this.topicQuery = this.problem = "";
      this.start = this.end = this.caret = 0;
      this.$nextTick(() => this.$refs.intent && this.$refs.intent.focus());
    },
    refused(text) { this.problem = text; },
    saved(id) { this.last = id; },
    letter(at) { return LETTERS[at]; },
    titleOf(kind) { return (this.kinds.find((one) => one.id === kind) || {}).title || kind; },
    intentTitle(id) { return (this.intents.find((one) => one.id === id) || {}).title || id; },
    topicTitle(id) { return (this.topics.find((one) => one.id === id) || {}).title || id; },
    find(choices, query) {
      const wanted = query.trim().toLowerCase();
      const rank = (one) => {
        const [first, ...others] = one.keys.split(" ");
        if (first.startsWith(wanted) || one.title.startsWith(wanted)) return 0;
        if (first.includes(wanted) || one.title.toLowerCase().includes(wanted)) return 1;
        return others.some((each) => each.includes(wanted)) ? 2 : 9;
      };
      return choices.map((one) => [rank(one), one]).filter(([place]) => place < 9).sort(([one], [other]) => one - other).slice(0, SHOWN).map(([, one]) => one);
    },
    pick(id) {
      if (!id || this.picked.includes(id)) return;
      this.picked = [...this.picked, id].slice(0, 2);
      this.recent = [id, ...this.recent.filter((one) => one !== id)].slice(0, RECENT);
      localStorage.studioRecent = JSON.stringify(this.recent);
      this.query = "";
      if (id === "faq" && !this.topic) this.$nextTick(() => this.$refs.topic && this.$refs.topic.focus());
    },
    pickTopic(id) {
      this.topic = id; this.topicQuery = "";
      this.$nextTick(() => this.$refs.intent.focus());
    },
    inIntent(event) {
      if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
      const shown = this.shownIntents;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        this.at_intent = (this.at_intent + (event.key === "ArrowDown" ? 1 : shown.length - 1)) % Math.max(shown.length, 1);
      } else if (event.key === "Enter") {
        event.preventDefault();
        if (this.query.trim()) { if (shown[this.at_intent]) this.pick(shown[this.at_intent].id); } else this.save();
      } else if (!this.query && /^[1-9]$/.test(event.key)) {
        event.preventDefault();
        if (shown[event.key - 1]) this.pick(shown[event.key - 1].id);
      } else if (!this.query && event.key === "Backspace") this.picked = this.picked.slice(0, -1);
      else if (!this.query && event.key === "?") { event.preventDefault(); this.$refs.help.showModal(); }
    },
    inTopic(event) {
      if (event.isComposing) return;
      const shown = this.shownTopics;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        this.at_topic = (this.at_topic + (event.key === "ArrowDown" ? 1 : shown.length - 1)) % Math.max(shown.length, 1);
      } else if (event.key === "Enter") {
        event.preventDefault();
        if (shown[this.at_topic]) this.pickTopic(shown[this.at_topic].id);
      }
    },
    inSentence(event) {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
        event.preventDefault();
        const to = Math.min(this.letters.length, Math.max(0, this.caret + (event.key === "ArrowRight" ? 1 : -1)));
        const anchor = this.hasSelection && event.shiftKey ? (this.caret === this.end ? this.start : this.end) : event.shiftKey ? this.caret : to;
        this.caret = to;
        this.start = Math.min(anchor, to); this.end = Math.max(anchor, to);
        if (!event.shiftKey) { this.start = Math.max(0, to - 1); this.end = to || Math.min(1, this.letters.length); }
      } else if (this.hasSelection && event.key === "Backspace") { event.preventDefault(); this.unmark(); }
      else if (this.hasSelection && event.key.length === 1 && LETTERS.indexOf(event.key) >= 0 && LETTERS.indexOf(event.key) < this.kinds.length) {
        event.preventDefault();
        this.mark(this.kinds[LETTERS.indexOf(event.key)].id);
      } else if (event.key === "Enter") { event.preventDefault(); this.save(); }
    },
    anywhere(event) {
      if (event.altKey && event.code === "KeyZ" && this.last) { event.preventDefault(); this.$emit("again", this.last); return; }
      if (event.altKey && event.code === "KeyS" && this.$refs.sentence) { event.preventDefault(); this.$refs.sentence.focus(); return; }
      const at = /^Key[A-Z]$/.test(event.code) ? LETTERS.indexOf(event.code[3].toLowerCase()) : -1;
      if (event.altKey && this.hasSelection && at >= 0 && at < this.kinds.length) { event.preventDefault(); this.mark(this.kinds[at].id); }
    },
    selectedSoon() { setTimeout(() => this.selected(), 30); },
    selected() {
      const chosen = window.getSelection();
      if (!chosen.rangeCount || chosen.isCollapsed || !this.$refs.sentence.contains(chosen.anchorNode)) { this.start = this.end = 0; return; }
      const range = chosen.getRangeAt(0);
      const place = (node, offset) => {
        const piece = (node.nodeType === 3 ? node.parentElement : node).closest("[data-at]");
        if (!piece) return offset ? this.letters.length : 0;
        return Number(piece.dataset.at) + Array.from((node.nodeType === 3 ? node.data : "").slice(0, offset)).length;
      };
      const one = place(range.startContainer, range.startOffset), other = place(range.endContainer, range.endOffset);
      this.start = Math.min(one, other); this.end = Math.max(one, other); this.caret = this.end;
    },
    mark(kind) {
      if (!this.hasSelection) return;
      const { start, end } = this;
      const others = this.marks.filter((one) => one.end <= start || one.start >= end);
      this.marks = [...others, { start, end, kind }].sort((one, other) => one.start - other.start);
      this.start = this.end = 0;
      window.getSelection().removeAllRanges();
      this.$refs.intent.focus();
    },
    unmark() {
      this.marks = this.marks.filter((one) => one.end <= this.start || one.start >= this.end);
      this.start = this.end = 0;
    },
    save() {
      if (!this.picked.length) { this.problem = this.words.choose_first; return; }
      this.problem = "";
      this.$emit("save", { id: this.task.sentence_id, label: { intents: this.picked, topic: this.topic, entities: this.marks } });
    },
    drop() {
      const why = prompt(this.words.why_drop);
      if (why && why.trim()) this.$emit("drop", { id: this.task.sentence_id, why: why.trim() });
    },
  },
};
