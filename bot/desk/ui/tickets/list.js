// A list of tickets: one walks it with the keyboard, ticks some, and does something with all of them.
// Rows come from the server as text; what is ticked and where one stands stays here when they come anew.
export default {
  template: `
    <div class="tickets-table">
      <div v-if="picked.length" class="bulk" role="region" data-testid="bulk">
        <b>{{ words.chosen.replace('{n}', picked.length) }}</b>
        <button v-for="act in acts" :key="act.id" type="button" @click="begin(act.id)" :data-testid="'bulk-' + act.id">{{ act.title }} <kbd>{{ act.key }}</kbd></button>
        <button type="button" class="link" @click="picked = []">{{ words.clear }} <kbd>Esc</kbd></button>
      </div>
      <div class="table-around">
        <table data-testid="tickets">
          <thead><tr>
            <th class="tick"></th><th scope="col">{{ words.ticket }}</th>
            <th v-for="column in columns" :key="column.id" scope="col">{{ column.title }}</th>
          </tr></thead>
          <tbody>
            <tr v-for="row in rows" :key="row.no" :class="[row.heat, {at: row.no === at, picked: picked.includes(row.no)}]" :data-no="row.no" @click="at = row.no" @dblclick="open(row)" data-testid="ticket-row">
              <td class="tick"><input type="checkbox" :checked="picked.includes(row.no)" @change="toggle(row.no)" @click.stop :aria-label="words.choose + ' ' + row.no"></td>
              <td class="no"><a :href="row.href" class="mono">{{ row.no }}</a></td>
              <td v-for="column in columns" :key="column.id" :class="'c-' + column.id" :data-title="column.title">
                <template v-if="column.id === 'due'">
                  <span class="left-bar" aria-hidden="true"><i :style="{width: row.share + '%'}"></i></span>
                  <span class="left-text">{{ row.left }}</span><small>{{ row.cells.due }}</small>
                </template>
                <template v-else-if="column.id === 'priority'"><span class="tag" :class="'p-' + row.priority">{{ row.cells.priority }}</span></template>
                <span v-else class="cell">{{ row.cells[column.id] }}</span>
              </td>
            </tr>
          </tbody>
        </table>
      </div>
      <p v-if="!rows.length" class="empty" data-testid="empty">{{ words.empty }}</p>
      <div class="pager"><span class="muted">{{ words.refreshed }} · <kbd>?</kbd> {{ words.keys }}</span>
        <button v-if="more" type="button" @click="$emit('more')" data-testid="more">{{ words.load_more }}</button></div>
      <dialog ref="act" class="sheet people-sheet" @close="doing = ''" data-testid="bulk-sheet">
        <template v-if="doing">
          <h2>{{ title(doing) }} · {{ words.chosen.replace('{n}', picked.length) }}</h2>
          <form class="fields" @submit.prevent="send">
            <label v-if="doing === 'assigned'" class="wide">{{ fields.to }}<select v-model="said.to" required name="to"><option v-for="one in people" :key="one.value" :value="one.value">{{ one.text }}</option></select></label>
            <label v-if="doing === 'redirected'" class="wide">{{ fields.unit }}<input v-model="said.unit" required name="unit" list="bulk-units" autocomplete="off"></label>
            <label v-if="doing !== 'assigned'" class="wide">{{ fields.reason }}<textarea v-model="said.reason" rows="3" name="reason" :required="doing === 'redirected'"></textarea></label>
            <datalist id="bulk-units"><option v-for="one in units" :key="one.value" :value="one.value">{{ one.text }}</option></datalist>
            <footer><button type="button" @click="$refs.act.close()">{{ words.cancel }}</button><button class="primary" data-testid="bulk-do">{{ words.do_it }}</button></footer>
          </form>
        </template>
      </dialog>
      <dialog ref="results" class="sheet people-sheet" data-testid="results">
        <h2>{{ words.results }}</h2>
        <ul class="results"><li v-for="one in outcomes" :key="one.no" :class="one.ok ? 'good' : 'bad'"><span class="mono">{{ one.no }}</span> {{ one.ok ? '✓' : '✕' }} {{ one.text }}</li></ul>
        <footer><button class="primary" type="button" @click="$refs.results.close()" autofocus>{{ words.close }}</button></footer>
      </dialog>
      <dialog ref="help" class="sheet people-sheet"><h2>{{ words.keys }}</h2>
        <dl class="keys"><template v-for="(what, key) in keys" :key="key"><dt><kbd>{{ key }}</kbd></dt><dd>{{ what }}</dd></template></dl>
        <footer><button class="primary" type="button" @click="$refs.help.close()">{{ words.close }}</button></footer>
      </dialog>
    </div>`,
  props: { rows: Array, columns: Array, more: Boolean, words: Object, fields: Object, keys: Object, acts: Array, people: Array, units: Array },
  emits: ["more", "refresh", "bulk", "begin"],
  data() {
    return { at: "", picked: [], doing: "", said: {}, outcomes: [] };
  },
  mounted() {
    this.ticking = setInterval(() => { if (document.visibilityState === "visible") this.$emit("refresh"); }, 10000);
    window.addEventListener("keydown", this.onKey);
  },
  unmounted() {
    clearInterval(this.ticking);
    window.removeEventListener("keydown", this.onKey);
  },
  watch: {
    rows(rows) {
      const there = new Set(rows.map((row) => row.no));
      this.picked = this.picked.filter((no) => there.has(no));
    },
  },
  methods: {
    open(row) { location.href = row.href; },
    title(id) { return this.acts.find((act) => act.id === id)?.title; },
    toggle(no) {
      this.picked = this.picked.includes(no) ? this.picked.filter((one) => one !== no) : [...this.picked, no];
      this.at = no;
    },
    begin(id) {
      if (!this.picked.length && this.at) this.picked = [this.at];
      if (!this.picked.length || !this.acts.some((act) => act.id === id)) return;
      this.said = {};
      this.doing = id;
      this.$emit("begin", id);
      this.$nextTick(() => { this.$refs.act.showModal(); this.$refs.act.querySelector("select, input, textarea")?.focus(); });
    },
    send() {
      this.$emit("bulk", { what: this.doing, numbers: this.picked, said: this.said, turn: crypto.randomUUID?.() ?? String(Math.random()).slice(2) + Date.now() });
      this.$refs.act.close();
    },
    told(outcomes) {
      this.outcomes = outcomes;
      const failed = new Set(outcomes.filter((one) => !one.ok).map((one) => one.no));
      this.picked = this.picked.filter((no) => failed.has(no));
      if (!this.$refs.results.open) this.$refs.results.showModal();
    },
    step(by) {
      const all = this.rows.map((row) => row.no), here = all.indexOf(this.at);
      this.at = all[Math.max(0, Math.min(all.length - 1, here < 0 ? 0 : here + by))] ?? "";
      this.$nextTick(() => this.$el.querySelector("tr.at")?.scrollIntoView({ block: "nearest" }));
    },
    onKey(event) {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input:not([type=checkbox]), textarea, select") || document.querySelector("dialog[open]")) return;
      const here = this.rows.find((row) => row.no === this.at), act = this.acts.find((one) => one.key === event.key);
      const does = {
        j: () => this.step(1), k: () => this.step(-1), x: () => here && this.toggle(here.no),
        Escape: () => { this.picked = []; }, "?": () => this.$refs.help.showModal(),
        "/": () => document.querySelector("input[type=search]")?.focus(),
        Enter: () => here && !event.target.closest("a, button, summary") && this.open(here),
      }[event.key] ?? (act && (() => this.begin(act.id)));
      if (!does) return;
      if (event.key !== "Enter") event.preventDefault();
      does();
    },
  },
};
