// The service summary: drafted by the server, confirmed or edited, kept in the tab until it is stored.
import { beside, call } from "kuaida-desk/api.js";
import { fromField, keep, kept, toField } from "kuaida-desk/texts.js";

const PATIENCE_MS = 6000;

export default {
  template: `
    <dialog ref="sheet" class="sheet summary-sheet" :aria-label="title" @keydown="onKey">
      <form method="dialog" @submit.prevent="confirm" @input="remember">
        <h2>{{ title }}</h2>
        <p class="hint">{{ then === 'ended' ? words.end_hint : words.resolve_hint }}</p>
        <p v-if="problem" class="alert" role="alert" data-testid="summary-problem">{{ problem }}</p>
        <div class="pair">
          <label class="combo">{{ words.wrap_up_code }}<input ref="code" v-model="typed" :disabled="loading" role="combobox" :aria-expanded="choosing" aria-controls="codes" autocomplete="off" @focus="choosing = true; $event.target.select()" @blur="settle" @keydown="onCode" data-testid="wrap-code">
            <ul v-if="choosing && fitting.length" id="codes" class="finder" role="listbox"><li v-for="(one, i) in fitting" :key="one.code" role="option" :aria-selected="i === at" :class="{at: i === at}" @mousedown.prevent="choose(one)">{{ one.name }}</li></ul></label>
          <label>{{ words.waybill }}<input v-model="waybills" :disabled="loading" autocomplete="off" spellcheck="false" data-testid="wrap-waybills"></label>
        </div>
        <label>{{ words.wrap_up_text }}<textarea ref="text" v-model="text" :disabled="loading" rows="5" :maxlength="2000" data-testid="wrap-text"></textarea></label>
        <fieldset class="promises"><legend>{{ words.promises }}</legend>
          <p v-if="!promises.length" class="nothing">{{ words.no_promises }}</p>
          <div v-for="(one, i) in promises" :key="one.key" class="promise" data-testid="promise">
            <select v-model="one.kind" :aria-label="words.promise_kind"><option v-for="(name, kind) in kinds" :key="kind" :value="kind">{{ name }}</option></select>
            <input v-model="one.words" :aria-label="words.promise_words" maxlength="300" required>
            <input v-model="one.due" type="datetime-local" :aria-label="words.promise_due" required>
            <button type="button" class="plain small" @click="promises.splice(i, 1); remember()" :aria-label="words.promise_drop">✕</button>
          </div>
          <button type="button" class="small" @click="promise">{{ words.promise_add }}</button>
        </fieldset>
        <footer><span class="choice" role="radiogroup" :aria-label="words.afterwards"><button type="button" role="radio" :aria-checked="then === 'bot'" @click="turn('bot')">{{ words.to_bot }}</button><button type="button" role="radio" :aria-checked="then === 'ended'" @click="turn('ended')">{{ words.to_end }}</button></span>
          <span class="grow"></span><button type="button" @click="close">{{ words.cancel }}</button>
          <button type="submit" class="primary" :disabled="busy || loading" data-testid="confirm-resolve">{{ loading ? words.drafting : then === 'ended' ? words.confirm_end : words.confirm_bot }} <kbd>Ctrl ↵</kbd></button></footer>
      </form>
    </dialog>`,
  props: { conversation: Object, me: String, words: Object, codes: Array, kinds: Object },
  emits: ["resolve"],
  data() {
    return { then: "bot", code: "", typed: "", waybills: "", text: "", wanted: "", done: "", drafted: "", promises: [], problem: "", busy: false, loading: false, choosing: false, at: 0 };
  },
  computed: {
    title() {
      return this.then === "ended" ? this.words.to_end : this.words.to_bot;
    },
    fitting() {
      const word = this.typed.trim().toLowerCase();
      if (!word || word === this.nameOf(this.code)) return this.codes;
      return this.codes.filter((one) => one.name.includes(word) || one.spelled.some((each) => each.startsWith(word)));
    },
  },
  watch: {
    typed() { this.at = 0; },
  },
  methods: {
    // -- opening and closing -----------------------------------------------------------------------
    async open(then) {
      this.then = then;
      this.problem = "";
      this.busy = false;
      if (!this.$refs.sheet.open) this.$refs.sheet.showModal();
      const before = kept(this.key());
      if (before) this.fill(before);
      else await this.draft();
      this.$nextTick(() => this.$refs.text.focus());
    },
    close() {
      this.$refs.sheet?.close();
    },
    async draft() {
      const id = this.conversation.id;
      this.fill({ code: this.conversation.wrap_up_code, text: "", waybills: "", promises: [] });
      this.loading = true;
      try {
        const draft = await call("GET", beside(id, "summary"));
        const promises = draft.promises.map((one) => ({ ...one, due: toField(one.due_at) }));
        if (id === this.conversation?.id) this.fill({ code: draft.wrap_up_code, text: draft.text, waybills: draft.waybill_nos.join(" "), promises, wanted: draft.wanted, done: draft.done, drafted: draft.text });
      } catch (refusal) {
        this.fill({ code: this.conversation.wrap_up_code, text: this.conversation.wrap_up_text, waybills: "", promises: [] });
        this.problem = refusal.message || this.words.no_draft;
      }
      this.loading = false;
    },
    fill({ code, text, waybills, promises, wanted = "", done = "", drafted = "" }) {
      Object.assign(this, { code, text, waybills, wanted, done, drafted, typed: this.nameOf(code) });
      this.promises = promises.map((one, i) => ({ ...one, key: one.key ?? `${Date.now()}:${i}` }));
    },
    // -- confirming --------------------------------------------------------------------------------
    confirm() {
      if (this.busy || this.loading) return;
      this.settle();
      if (!this.$refs.sheet.querySelector("form").reportValidity()) return;
      this.busy = true;
      this.problem = "";
      this.remember();
      this.patience = setTimeout(() => this.refuse(this.words.no_answer), PATIENCE_MS);
      const asDrafted = this.text === this.drafted;
      this.$emit("resolve", {
        conversation_id: this.conversation.id,
        then: this.then,
        wrap_up_code: this.code,
        text: this.text.trim(),
        waybill_nos: this.waybills.split(/[\s,，、]+/).filter(Boolean).slice(0, 20),
        wanted: asDrafted ? this.wanted : "",
        done: asDrafted ? this.done : "",
        promises: this.promises.map(({ kind, words, due, made_at }) => ({ kind, words, due_at: fromField(due), made_at: made_at ?? null })),
      });
    },
    refuse(why) {
      clearTimeout(this.patience);
      this.busy = false;
      this.problem = why;
      this.$nextTick(() => this.$refs.sheet.scrollTo(0, 0));
    },
    over(id) {
      clearTimeout(this.patience);
      sessionStorage.removeItem(this.key(id));
      this.close();
    },
    // -- choosing the code -------------------------------------------------------------------------
    nameOf(code) {
      return this.codes.find((one) => one.code === code)?.name ?? "";
    },
    onCode(event) {
      if (event.isComposing) return;
      const last = this.fitting.length - 1;
      const act = {
        ArrowDown: () => { this.at = this.at < last ? this.at + 1 : 0; },
        ArrowUp: () => { this.at = this.at > 0 ? this.at - 1 : last; },
        Enter: () => this.choose(this.fitting[this.at]),
      }[event.key];
      if (!act || event.ctrlKey || last < 0) return;
      event.preventDefault();
      this.choosing = true;
      act();
      this.$nextTick(() => this.$refs.sheet.querySelector("#codes .at")?.scrollIntoView({ block: "nearest" }));
    },
    choose(one) {
      if (!one) return;
      this.code = one.code;
      this.typed = one.name;
      this.choosing = false;
      this.remember();
    },
    // What was typed counts when only one code fits; otherwise the one chosen before stays.
    settle() {
      const word = this.typed.trim();
      if (word && word !== this.nameOf(this.code) && this.fitting.length) this.code = this.fitting[this.at]?.code ?? this.fitting[0].code;
      this.typed = this.nameOf(this.code);
      this.choosing = false;
      this.remember();
    },
    // -- the rest ----------------------------------------------------------------------------------
    promise() {
      const due = toField(new Date(Date.now() + 86400000).toISOString());
      this.promises.push({ key: `${Date.now()}`, kind: "reply", words: "", due });
      this.$nextTick(() => [...this.$refs.sheet.querySelectorAll(".promise input")].at(-2)?.focus());
    },
    turn(then) {
      this.then = then;
    },
    onKey(event) {
      if (event.key === "Enter" && event.ctrlKey) {
        event.preventDefault();
        this.confirm();
      }
    },
    remember() {
      if (this.loading || !this.conversation) return;
      const { code, text, waybills, promises, wanted, done, drafted } = this;
      keep(this.key(), JSON.stringify({ code, text, waybills, promises, wanted, done, drafted }));
    },
    key(id) {
      return `desk:${this.me}:wrap:${id ?? this.conversation?.id}`;
    },
  },
};
