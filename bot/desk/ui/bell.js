// Notes that mention the person, and tasks to be done: counted in the bar, opened below it.
import { TOOLS, call } from "kuaida-desk/api.js";

const LOOK_MS = 60000;

export default {
  template: `
    <span v-if="known" class="bell">
      <details ref="menu" class="menu" @toggle="onToggle"><summary :aria-label="label" :title="label" data-testid="bell"><q-icon name="inbox"></q-icon><span v-if="count" class="badge-on" data-testid="bell-count">{{ count }}</span></summary>
        <div class="menu-body wide" role="region" :aria-label="words.mine_to_do">
          <h2>{{ words.mentions }}</h2>
          <p v-if="!notes.length" class="nothing">{{ words.no_mentions }}</p>
          <article v-for="one in notes" :key="one.id" class="todo" data-testid="mentioned"><p class="muted">{{ one.by_name }} · {{ moment(one.at) }}</p><p class="todo-text">{{ one.text }}</p>
            <p class="todo-acts"><a :href="'/desk/?c=' + one.conversation_id" @click="seen(one)">{{ words.open_conversation }}</a><button class="small" @click="seen(one)">{{ words.mark_seen }}</button></p></article>
          <h2>{{ words.tasks }}</h2>
          <p v-if="!tasks.length" class="nothing">{{ words.no_tasks }}</p>
          <article v-for="one in tasks" :key="one.id" class="todo" data-testid="task"><p><b>{{ one.title }}</b></p><p class="muted" :class="{late: late(one)}">{{ words.due_at }} {{ moment(one.due_at) }}<template v-if="one.assignee"> · {{ one.assignee }}</template></p>
            <form v-if="finishing === one.id" class="todo-acts" @submit.prevent="finish(one)"><input v-model="done" :placeholder="words.task_done_how" :aria-label="words.task_done_how" required maxlength="1000"><button class="small primary">{{ words.task_finish }}</button></form>
            <p v-else class="todo-acts"><a v-if="one.waybill_no" :href="'/desk/waybill/' + one.waybill_no" class="mono">{{ one.waybill_no }}</a><a v-if="one.conversation_id" :href="'/desk/?c=' + one.conversation_id">{{ words.open_conversation }}</a><button v-if="one.state === 'open'" class="small" @click="take(one)">{{ words.task_take }}</button><button class="small" @click="begin(one)">{{ words.task_finish }}</button></p></article>
          <p v-if="problem" class="alert" role="alert">{{ problem }}</p>
        </div></details></span>`,
  props: { words: Object },
  data() {
    return { known: false, notes: [], tasks: [], finishing: "", done: "", problem: "" };
  },
  computed: {
    count() {
      return this.notes.length + this.tasks.length;
    },
    label() {
      return `${this.words.mine_to_do} ${this.count}`;
    },
  },
  mounted() {
    this.load();
    this.looking = setInterval(this.load, LOOK_MS);
    document.addEventListener("click", this.onClick);
    document.addEventListener("keydown", this.onKey);
  },
  unmounted() {
    clearInterval(this.looking);
    document.removeEventListener("click", this.onClick);
    document.removeEventListener("keydown", this.onKey);
  },
  methods: {
    async load() {
      if (document.visibilityState === "hidden" && this.known) return;
      try {
        [this.notes, this.tasks] = await Promise.all([call("GET", `${TOOLS}/notes`), call("GET", `${TOOLS}/tasks`)]);
        this.known = true;
      } catch { /* it is looked for again in a minute */ }
    },
    async act(promise) {
      this.problem = "";
      try {
        await promise;
      } catch (refusal) {
        this.problem = refusal.message || this.words.no_answer;
      }
      await this.load();
    },
    seen(one) {
      this.notes = this.notes.filter((other) => other.id !== one.id);
      return this.act(call("POST", `${TOOLS}/notes/${one.id}/seen`));
    },
    take(one) {
      return this.act(call("POST", `${TOOLS}/tasks/${one.id}/take`));
    },
    begin(one) {
      [this.finishing, this.done] = [one.id, ""];
      this.$nextTick(() => this.$refs.menu.querySelector("form input")?.focus());
    },
    async finish(one) {
      await this.act(call("POST", `${TOOLS}/tasks/${one.id}/finish`, { text: this.done }));
      this.finishing = "";
    },
    late(one) {
      return Date.parse(one.due_at) < Date.now();
    },
    moment(at) {
      return new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false }).format(Date.parse(at));
    },
    onToggle() {
      if (this.$refs.menu.open) this.load();
    },
    onClick(event) {
      document.querySelectorAll("details.menu[open]").forEach((one) => { if (!event.composedPath().includes(one)) one.open = false; });
    },
    onKey(event) {
      if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach((one) => { one.open = false; });
    },
  },
};
