// Misses in groups: groups at the left, sentences in the middle, what happened at the right; all of it by keyboard.
// Everything that people wrote is shown as text.  What is picked and where one stands stays here when rows come anew.
const PIECE = /(〔[^〔〕]{1,8}〕)/;
export default {
  template: `
  <div class="misses" :data-pane="pane">
    <form class="miss-filter" role="search" @submit.prevent="filterNow" data-testid="filter">
      <input type="search" v-model="wanted.text" :placeholder="words.search" :aria-label="words.search" maxlength="50" @change="filterNow">
      <select v-for="one in selects" :key="one.name" v-model="wanted[one.name]" :aria-label="one.title" :name="one.name" :class="{set: wanted[one.name] !== one.plain}" @change="filterNow">
        <option v-for="option in one.options" :key="option.value" :value="option.value">{{ option.value === '' ? one.title + '：' + option.text : option.text }}</option>
      </select>
      <button v-if="isFiltered" type="button" class="link" @click="clearFilter">{{ words.clear }}</button>
      <span class="grow"></span>
      <button v-if="trains" type="button" :disabled="!undo" :title="undo" @click="$emit('undo')" data-testid="undo">{{ words.undo }} <kbd>u</kbd></button>
      <button type="button" class="keys-button" @click="$refs.help.showModal()" :aria-label="words.help">? <span>{{ words.help }}</span></button>
    </form>
    <div class="miss-columns">
      <section class="miss-groups" :aria-label="words.groups">
        <ul>
          <li :class="{chosen: group === 0}"><button type="button" class="group all" @click="chooseGroup(0)" :aria-current="group === 0 ? 'true' : null" data-testid="all">
            <span class="group-name">{{ words.all_of_them }}</span><b class="count">{{ total }}</b></button></li>
          <li v-for="one in groups" :key="one.id" :class="{chosen: group === one.id}"><button type="button" class="group" @click="chooseGroup(one.id)" :aria-current="group === one.id ? 'true' : null" :data-group="one.id" data-testid="group">
            <span class="group-name"><template v-for="(piece, at) in pieces(one.name)" :key="at"><i v-if="piece.hidden" class="hidden-word">{{ piece.text }}</i><template v-else>{{ piece.text }}</template></template></span>
            <b class="count">{{ one.count }}</b>
            <span class="group-facts"><span class="week" :title="one.trend_text">{{ one.week }} <i class="trend" :class="one.trend">{{ one.trend_short }}</i></span>
              <span v-if="one.target" class="group-target" :title="one.votes">{{ one.target }} <i>{{ one.agree }}/{{ one.asked }}</i></span></span></button></li>
        </ul>
        <p v-if="!groups.length" class="empty">{{ words.empty_groups }}</p>
        <button v-if="moreGroups" type="button" class="more" @click="$emit('more_groups')" data-testid="more-groups">{{ words.more }}</button>
      </section>
      <section class="miss-members">
        <header class="members-head">
          <button type="button" class="back" @click="pane = 'groups'" :aria-label="words.back">‹</button>
          <h1>{{ group === 0 ? words.title : title }}</h1>
          <span class="count" data-testid="count">{{ groupCount }}</span>
        </header>
        <div v-if="trains" class="miss-acts" data-testid="acts">
          <span class="scope" data-testid="scope">{{ scopeText }}</span>
          <button v-for="act in acts" :key="act.id" type="button" :class="{primary: act.id === 'example'}" :disabled="!scope.length && !whole" @click="begin(act.id)" :data-testid="'act-' + act.id">{{ act.title }} <kbd>{{ act.key }}</kbd></button>
          <label v-if="group !== 0 && groupCount > 1" class="whole"><input type="checkbox" v-model="whole" data-testid="whole"> {{ words.to_group.replace('{n}', groupCount) }}</label>
          <button v-if="picked.length" type="button" class="link" @click="picked = []">{{ words.unselect }} <kbd>Esc</kbd></button>
        </div>
        <ul class="members" ref="members" data-testid="members">
          <li v-for="one in members" :key="one.id" class="member" :class="{at: one.id === at, picked: whole || picked.includes(one.id), closed: one.state !== 'open'}" :data-id="one.id" @click="stand(one.id)" data-testid="member">
            <input v-if="trains" type="checkbox" :checked="picked.includes(one.id)" @click.stop @change="toggle(one.id)" :aria-label="one.text" tabindex="-1">
            <div class="member-body">
              <p class="member-text"><template v-for="(piece, at) in pieces(one.text)" :key="at"><i v-if="piece.hidden" class="hidden-word">{{ piece.text }}</i><template v-else>{{ piece.text }}</template></template></p>
              <p class="member-facts"><span v-for="cause in one.causes" :key="cause.id" class="tag" :class="'cause-' + cause.id">{{ cause.text }}</span>
                <span v-if="one.state !== 'open'" class="tag status">{{ one.state_text }}</span><span class="dim">{{ one.facts }}</span></p>
            </div>
          </li>
        </ul>
        <p v-if="!members.length" class="empty" data-testid="empty">{{ words.empty_members }}</p>
        <button v-if="moreMembers" type="button" class="more" @click="$emit('more_members')" data-testid="more-members">{{ words.more }}</button>
      </section>
      <aside class="miss-beside" data-testid="beside">
        <p v-if="!shown" class="empty">{{ at ? words.loading : words.choose_one }}</p>
        <template v-else>
          <header class="beside-head"><button type="button" class="back" @click="pane = 'members'" :aria-label="words.back">‹</button>
            <p class="beside-text"><template v-for="(piece, at) in pieces(shown.text)" :key="at"><i v-if="piece.hidden" class="hidden-word">{{ piece.text }}</i><template v-else>{{ piece.text }}</template></template></p></header>
          <section v-if="shown.suggestions.length" class="part"><h2>{{ words.suggestions }}</h2>
            <ol class="suggestions"><li v-for="(one, number) in shown.suggestions" :key="one.target"><button type="button" :disabled="!trains || shown.state !== 'open'" @click="take(number)" data-testid="suggestion">
              <kbd>{{ number + 1 }}</kbd><span class="what" :class="one.kind">{{ one.kind_text }}</span><span class="name">{{ one.title }}</span><span class="bar" aria-hidden="true"><i :style="{width: one.percent + '%'}"></i></span><span class="percent">{{ one.percent }}%</span></button></li></ol></section>
          <section v-if="shown.mended" class="part"><h2>{{ shown.state_text }}</h2><p class="dim">{{ shown.mended }}</p></section>
          <section class="part"><h2>{{ words.conversation }} <small>{{ words.masked }}</small></h2>
            <ol class="miss-said" data-testid="said"><li v-for="one in shown.said" :key="one.seq" :class="['by-' + one.author, {it: one.it}]"><header>{{ one.who }} <time>{{ one.at }}</time></header>
              <p><template v-for="(piece, at) in pieces(one.text)" :key="at"><i v-if="piece.hidden" class="hidden-word">{{ piece.text }}</i><template v-else>{{ piece.text }}</template></template></p>
              <p v-if="one.buttons.length" class="chips"><span v-for="(each, at) in one.buttons" :key="at">{{ each }}</span></p></li></ol>
            <p><a :href="shown.dialogue" data-testid="make-dialogue">{{ words.make_dialogue }}</a></p></section>
          <section class="part"><h2>{{ words.seen }}</h2>
            <p v-if="!shown.ranking.length" class="dim">{{ words.not_heard }}</p>
            <ul v-else class="bars" data-testid="ranking"><li v-for="one in shown.ranking" :key="one.name"><span class="name" :title="one.name">{{ one.title }}</span><span class="bar" aria-hidden="true"><i :style="{width: one.percent + '%'}"></i></span><span class="percent">{{ one.percent }}%</span></li></ul>
            <h3>{{ words.entities }}</h3>
            <p v-if="!shown.entities.length" class="dim">{{ words.no_entities }}</p>
            <p v-else class="chips left"><span v-for="(one, at) in shown.entities" :key="at">{{ one.text }} <b>{{ one.kind }}</b></span></p>
            <h3>{{ words.tokens }}</h3>
            <p class="cut-words"><span v-for="(one, at) in shown.words" :key="at" :class="{known: one[1]}">{{ one[0] }}</span></p>
            <template v-if="shown.offered.length"><h3>{{ words.offered }}</h3><p class="chips left"><span v-for="one in shown.offered" :key="one.target" :class="{taken: one.taken}">{{ one.title }}<b v-if="one.taken"> ✓ {{ words.took }}</b></span></p></template></section>
          <section class="part"><h2>{{ words.faq }}</h2>
            <p v-if="shown.faq_note" class="dim">{{ shown.faq_note }}</p>
            <ul class="bars" data-testid="faq"><li v-for="one in shown.faq" :key="one.topic"><span class="name" :title="one.topic">{{ one.question }}</span><span class="bar" aria-hidden="true"><i :style="{width: one.percent + '%'}"></i></span><span class="percent">{{ one.percent }}%</span></li></ul></section>
          <section class="part"><h2>{{ words.facts }}</h2><dl class="facts"><template v-for="one in shown.facts" :key="one[0]"><dt>{{ one[0] }}</dt><dd>{{ one[1] }}</dd></template></dl></section>
        </template>
      </aside>
    </div>
    <dialog ref="sheet" class="sheet people-sheet mend-sheet" @close="doing = ''" data-testid="mend-sheet">
      <form v-if="doing" @submit.prevent="send">
        <h2>{{ doingTitle }}</h2>
        <p v-if="whole && groupCount > most" class="hint">{{ words.confirm_group.replace('{n}', groupCount).replace('{most}', most) }}</p>
        <div class="fields">
          <label v-if="doing === 'example' || doing === 'phrasing'" class="wide">{{ doing === 'example' ? words.intent : words.topic }}
            <input v-model="said.target" list="mend-targets" required autocomplete="off" spellcheck="false" :placeholder="words.target_search" @input="check" @focus="$event.target.select()" data-testid="target">
            <span class="hint" data-testid="target-name">{{ targetName }}</span></label>
          <datalist id="mend-targets"><option v-for="one in offeredTargets" :key="one.name" :value="one.name">{{ one.title }}</option></datalist>
          <template v-if="doing === 'entry'">
            <label>{{ words.topic_id }}<input v-model="said.id" required pattern="[a-z]+(\\.[a-z0-9_]+)+" maxlength="80" spellcheck="false" data-testid="entry-id"><span class="hint">{{ words.topic_id_hint }}</span></label>
            <label>{{ words.covers }}<input v-model="said.covers" maxlength="200"></label>
            <label class="wide">{{ words.question }}<input v-model="said.question" required maxlength="200" data-testid="question"></label>
            <label class="wide">{{ words.phrasings }}<textarea v-model="said.phrasings" rows="6" required spellcheck="false" @change="check" data-testid="phrasings"></textarea></label>
            <label class="wide">{{ words.answer }}<textarea v-model="said.answer" rows="5" required data-testid="answer"></textarea></label>
            <div class="wide answers"><b>{{ words.answer_from }}</b><p v-if="answers !== null && !answers.length" class="hint">{{ words.no_answers }}</p>
              <ul><li v-for="(one, at) in answers ?? []" :key="at"><span>{{ one }}</span><button type="button" class="small" @click="said.answer = one" data-testid="use-answer">{{ words.use_answer }}</button></li></ul></div>
          </template>
          <div v-else class="wide rows"><b>{{ words.text }}</b><p class="hint">{{ rows.length > 1 ? words.texts_hint : words.text_hint }}</p>
            <div v-for="(row, at) in rows" :key="at" class="row" :class="{off: !row.on}">
              <input v-if="rows.length > 1" type="checkbox" v-model="row.on" :aria-label="row.text" @change="check">
              <div class="grow"><textarea :value="row.text" rows="1" maxlength="500" spellcheck="false" @input="edit(row, $event)" @select="remember(row, $event)" @keyup="remember(row, $event)" @pointerup="remember(row, $event)" data-testid="text"></textarea>
                <p v-if="row.marks.length && doing !== 'phrasing'" class="chips left"><button v-for="(mark, number) in row.marks" :key="number" type="button" class="mark" :title="words.unmark" @click="row.marks.splice(number, 1)" data-testid="mark">{{ row.text.slice(mark.start, mark.end) }} <b>{{ entities[mark.kind] ?? mark.kind }}</b> ×</button></p></div></div>
            <p v-if="doing !== 'phrasing'" class="entity-kinds"><span>{{ words.mark }}</span><button v-for="(name, kind) in entities" :key="kind" type="button" class="small" :disabled="!selection" @pointerdown.prevent @click="mark(kind)" :data-testid="'kind-' + kind">{{ name }}</button></p>
          </div>
          <ul v-if="warnings.length" class="wide warnings" role="status" data-testid="warnings"><li v-for="(one, at) in warnings" :key="at"><b>{{ one.text }}</b> {{ one.why }}</li></ul>
          <label class="wide">{{ words.why }}<input v-model="said.why" maxlength="200"></label>
          <p class="alert" role="alert" data-testid="refusal">{{ refusal }}</p>
          <footer><button type="button" @click="$refs.sheet.close()">{{ words.cancel }}</button><button class="primary" :disabled="sending" data-testid="save">{{ words.save }}</button></footer>
        </div>
      </form>
    </dialog>
    <dialog ref="help" class="sheet people-sheet"><h2>{{ words.help }}</h2>
      <dl class="keys"><template v-for="(what, key) in keys" :key="key"><dt><kbd>{{ key }}</kbd></dt><dd>{{ what }}</dd></template></dl>
      <footer><button class="primary" type="button" autofocus @click="$refs.help.close()">{{ words.close }}</button></footer></dialog>
  </div>`,
  props: {
    words: Object, keys: Object, entities: Object, selects: Array, filter: Object, plain: Object, trains: Boolean, most: Number, undo: String,
    groups: Array, moreGroups: Boolean, total: Number, group: Number, title: String, groupCount: Number,
    members: Array, moreMembers: Boolean, shown: Object, targets: Array,
  },
  emits: ["filter", "group", "more_groups", "more_members", "open", "begin", "check", "mend", "undo"],
  data() {
    return { wanted: { ...this.filter }, at: 0, picked: [], whole: false, pane: this.group ? "members" : "groups", doing: "", said: {}, rows: [], answers: null, warnings: [], refusal: "", sending: false, selection: null, groupAt: 0 };
  },
  computed: {
    acts() {
      const w = this.words;
      return [["example", w.as_example, "e"], ["phrasing", w.as_phrasing, "f"], ["entry", w.as_entry, "n"], ["out_of_scope", w.out_of_scope, "o"], ["ignore", w.ignore, "i"]].map(([id, title, key]) => ({ id, title, key }));
    },
    open() { return new Set(this.members.filter((one) => one.state === "open").map((one) => one.id)); },
    scope() { return (this.picked.length ? this.picked : this.at ? [this.at] : []).filter((id) => this.open.has(id)); },
    // What stands at the right may still be the sentence before: its guesses are not those of this one.
    guesses() {
      const of = this.whole && this.groups.find((one) => one.id === this.group)?.guess;
      return [...(of ? [of] : []), ...(this.shown?.id === this.at ? this.shown.suggestions : [])];
    },
    scopeText() {
      if (this.whole) return this.words.to_group.replace("{n}", Math.min(this.groupCount, this.most));
      return this.words.to_chosen.replace("{n}", this.scope.length);
    },
    doingTitle() { return `${this.acts.find((act) => act.id === this.doing)?.title} · ${this.scopeText}`; },
    offeredTargets() { return this.targets.filter((one) => one.kind === (this.doing === "example" ? "intent" : "topic")); },
    targetName() { return this.offeredTargets.find((one) => one.name === this.said.target)?.title ?? ""; },
    isFiltered() { return Object.keys(this.plain).some((name) => (this.wanted[name] ?? "") !== this.plain[name]); },
  },
  watch: {
    filter(filter) { this.wanted = { ...filter }; },
    members(now, before) {
      const there = new Set(now.map((one) => one.id));
      this.picked = this.picked.filter((id) => there.has(id));
      if (!there.has(this.at)) {
        const was = Math.max(0, before.findIndex((one) => one.id === this.at));
        this.at = 0;
        if (now.length) this.stand(now[Math.min(was, now.length - 1)].id, true);
      }
    },
    group() { this.picked = []; this.whole = false; },
  },
  mounted() {
    window.addEventListener("keydown", this.onKey);
    if (this.members.length) this.stand(this.members[0].id, true);
  },
  unmounted() { window.removeEventListener("keydown", this.onKey); clearTimeout(this.opening); clearTimeout(this.checking); },
  methods: {
    pieces(text) { return text.split(PIECE).filter(Boolean).map((part) => ({ text: PIECE.test(part) ? part.slice(1, -1) : part, hidden: PIECE.test(part) })); },
    filterNow() {
      this.keepAddress(0);
      this.$emit("filter", { ...this.wanted });
    },
    keepAddress(group) {
      const set = Object.fromEntries(Object.entries(this.wanted).filter(([name, value]) => value !== this.plain[name]));
      if (group) set.group = group;
      history.replaceState(null, "", `${location.pathname}${Object.keys(set).length ? "?" + new URLSearchParams(set) : ""}`);
    },
    clearFilter() { this.wanted = { ...this.plain }; this.filterNow(); },
    chooseGroup(id) { this.groupAt = 1 + this.groups.findIndex((one) => one.id === id); this.pane = "members"; if (id !== this.group) { this.at = 0; this.keepAddress(id); this.$emit("group", id); } },
    stand(id, quiet) {
      this.at = id;
      if (!quiet) this.pane = "beside";
      clearTimeout(this.opening);
      this.opening = setTimeout(() => this.$emit("open", id), 60);
      this.$nextTick(() => this.$refs.members?.querySelector(".at")?.scrollIntoView({ block: "nearest" }));
    },
    toggle(id) { this.picked = this.picked.includes(id) ? this.picked.filter((one) => one !== id) : [...this.picked, id]; },
    step(by) {
      const all = this.members.map((one) => one.id), here = all.indexOf(this.at);
      const next = all[Math.max(0, Math.min(all.length - 1, here < 0 ? 0 : here + by))];
      if (next) this.stand(next, true);
      if (here >= all.length - 3 && by > 0 && this.moreMembers) this.$emit("more_members");
    },
    stepGroup(by) {
      const all = [0, ...this.groups.map((one) => one.id)], here = all.indexOf(this.group);
      // A group that is done is gone from the list: the one in its place is next.
      const next = all[here < 0 ? Math.max(0, Math.min(all.length - 1, this.groupAt + (by < 0 ? -1 : 0))) : here + by];
      if (next === undefined) return;
      this.chooseGroup(next);
      this.$nextTick(() => this.$el.querySelector(`[data-group="${next}"]`)?.scrollIntoView({ block: "nearest" }));
    },
    // -- mending ---------------------------------------------------------------------------------
    whom() { return this.whole ? { group: this.group } : { misses: this.scope }; },
    begin(kind) {
      if (!this.trains || (!this.scope.length && !this.whole)) return;
      if (kind === "ignore" || kind === "out_of_scope") { this.mend({ kind }); return; }
      const first = this.guesses.find((one) => one.kind === (kind === "example" ? "intent" : "topic"));
      this.said = { target: kind === "entry" ? "" : first?.name ?? "", id: "", covers: "", question: "", phrasings: "", answer: "", why: "" };
      this.rows = []; this.answers = null; this.warnings = []; this.refusal = ""; this.selection = null; this.sending = false;
      this.doing = kind;
      this.$emit("begin", { kind, ...this.whom() });
      this.$nextTick(() => { this.$refs.sheet.showModal(); this.$refs.sheet.querySelector("input")?.focus(); });
    },
    proposed(rows, answers) {
      this.rows = rows.map((row) => ({ ...row, on: true }));
      this.answers = answers;
      if (this.doing === "entry") {
        this.said.question ||= rows[0]?.text ?? "";
        this.said.phrasings ||= rows.slice(1).map((row) => row.text).join("\n");
        this.said.answer ||= answers[0] ?? "";
      }
      this.check();
    },
    take(number) {
      const one = this.shown?.id === this.at && this.shown.suggestions[number];
      if (!one || !this.trains || this.shown.state !== "open") return;
      if (one.kind === "intent") this.mend({ kind: "example", intent: one.name });
      else this.mend({ kind: "phrasing", topic: one.name });
    },
    mend(what) { this.sending = true; this.$emit("mend", { ...this.whom(), ...what }); },
    send() {
      const why = this.said.why;
      if (this.doing === "entry") {
        const { id, covers, question, answer } = this.said, phrasings = this.said.phrasings.split("\n").map((one) => one.trim()).filter(Boolean);
        this.mend({ kind: "entry", why, entry: { id, covers, question, answer, phrasings } });
        return;
      }
      const texts = this.rows.filter((row) => row.on && row.text.trim()).map((row) => ({ text: row.text, marks: this.doing === "phrasing" ? [] : row.marks }));
      this.mend({ kind: this.doing, why, texts, [this.doing === "example" ? "intent" : "topic"]: this.said.target });
    },
    check() {
      clearTimeout(this.checking);
      this.checking = setTimeout(() => {
        if (!this.doing) return;
        const texts = this.doing === "entry" ? [this.said.question, ...this.said.phrasings.split("\n")] : this.rows.filter((row) => row.on).map((row) => row.text);
        this.$emit("check", { kind: this.doing, target: this.doing === "entry" ? "" : this.said.target, texts: texts.filter((text) => text.trim()) });
      }, 250);
    },
    warned(warnings) { this.warnings = warnings; },
    refused(text) { this.sending = false; this.refusal = text; },
    done() { this.sending = false; this.picked = []; this.whole = false; if (this.$refs.sheet.open) this.$refs.sheet.close(); },
    // -- entities: they keep their place while the text around them changes -----------------------
    edit(row, event) {
      const before = row.text, after = event.target.value, most = Math.min(before.length, after.length);
      let head = 0, tail = 0;
      while (head < most && before[head] === after[head]) head += 1;
      while (tail < most - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
      const by = after.length - before.length;
      row.marks = row.marks.filter((mark) => mark.end <= head || mark.start >= before.length - tail).map((mark) => (mark.end <= head ? mark : { ...mark, start: mark.start + by, end: mark.end + by }));
      row.text = after;
      this.selection = null;
      this.check();
    },
    remember(row, event) {
      const { selectionStart: start, selectionEnd: end } = event.target;
      this.selection = end > start ? { row, start, end } : null;
    },
    mark(kind) {
      if (!this.selection) return;
      const { row, start, end } = this.selection;
      row.marks = [...row.marks.filter((one) => one.end <= start || end <= one.start), { start, end, kind }].sort((a, b) => a.start - b.start);
      this.selection = null;
    },
    onKey(event) {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      if (event.target.closest("input:not([type=checkbox]), textarea, select")) { if (event.key === "Escape") event.target.blur(); return; }
      const act = this.acts.find((one) => one.key === event.key);
      const does = {
        j: () => this.step(1), k: () => this.step(-1), g: () => this.stepGroup(1), G: () => this.stepGroup(-1),
        x: () => this.at && this.trains && this.toggle(this.at), u: () => this.trains && this.undo && this.$emit("undo"),
        Escape: () => { this.picked = []; this.whole = false; }, "?": () => this.$refs.help.showModal(),
        "/": () => this.$el.querySelector("input[type=search]").focus(),
      }[event.key] ?? (act && (() => this.begin(act.id))) ?? (/^[1-9]$/.test(event.key) && (() => this.take(Number(event.key) - 1)));
      if (!does) return;
      event.preventDefault();
      does();
    },
  },
};
