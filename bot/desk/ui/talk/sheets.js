// The small sheets of a conversation: hand it to a colleague, whisper to one, see something whole for a reason.
import { beside, call } from "kuaida-desk/api.js";

export const Transfer = {
  template: `
    <dialog ref="sheet" class="sheet" :aria-label="words.transfer_title">
      <form method="dialog" @submit.prevent="confirm">
        <h2>{{ words.transfer_title }}</h2>
        <p class="hint">{{ places.length ? words.transfer_hint : words.transfer_nobody }}</p>
        <label>{{ words.transfer_to }}<select v-model="to" data-testid="transfer-to"><option v-for="one in places" :key="one.value" :value="one.value">{{ one.text }}</option></select></label>
        <label>{{ words.transfer_note }}<textarea v-model="note" rows="3" maxlength="500" @keydown.ctrl.enter="confirm" data-testid="transfer-note"></textarea></label>
        <footer><button type="button" @click="close">{{ words.cancel }}</button><button type="submit" class="primary" :disabled="!to" data-testid="confirm-transfer">{{ words.confirm_transfer }}</button></footer>
      </form>
    </dialog>`,
  props: { conversation: String, words: Object },
  emits: ["transfer"],
  data() {
    return { places: [], to: "", note: "" };
  },
  methods: {
    open(places) {
      Object.assign(this, { places, to: places[0]?.value ?? "", note: "" });
      this.$refs.sheet.showModal();
    },
    close() {
      this.$refs.sheet?.close();
    },
    confirm() {
      const [kind, ...name] = this.to.split(":");
      if (this.to) this.$emit("transfer", { conversation_id: this.conversation, [kind]: name.join(":"), note: this.note.trim() });
    },
  },
};

export const Whisper = {
  template: `
    <dialog ref="sheet" class="sheet" :aria-label="words.whisper_title">
      <form method="dialog" @submit.prevent="confirm">
        <h2>{{ words.whisper_title }}</h2>
        <p class="hint">{{ words.whisper_hint }}</p>
        <label>{{ words.whisper }}<textarea v-model="text" rows="3" maxlength="500" @keydown.ctrl.enter="confirm" data-testid="whisper-text"></textarea></label>
        <footer><button type="button" @click="close">{{ words.cancel }}</button><button type="submit" class="primary" :disabled="!text.trim()" data-testid="confirm-whisper">{{ words.confirm_whisper }}</button></footer>
      </form>
    </dialog>`,
  props: { conversation: String, words: Object },
  emits: ["whisper"],
  data() {
    return { text: "" };
  },
  methods: {
    open() {
      this.text = "";
      this.$refs.sheet.showModal();
    },
    close() {
      this.$refs.sheet?.close();
    },
    confirm() {
      if (!this.text.trim()) return;
      this.$emit("whisper", { conversation_id: this.conversation, text: this.text.trim() });
      this.close();
    },
  },
};

export const Reveal = {
  template: `
    <dialog ref="sheet" class="sheet" :aria-label="words.reveal_title" @close="text = ''">
      <form method="dialog" @submit.prevent="confirm">
        <h2>{{ words.reveal_title }}</h2>
        <p class="hint">{{ words.reveal_hint }}</p>
        <p v-if="problem" class="alert" role="alert">{{ problem }}</p>
        <p v-if="text" class="revealed mono" data-testid="revealed">{{ text }}</p>
        <template v-else>
          <label>{{ words.reveal_why }}<input ref="why" v-model="why" maxlength="200" required minlength="2" data-testid="reveal-why"></label>
          <p class="quick"><button v-for="one in reasons" :key="one" type="button" class="small" @click="why = one">{{ one }}</button></p>
        </template>
        <footer><button type="button" @click="close">{{ text ? words.close : words.cancel }}</button><button v-if="!text" type="submit" class="primary" data-testid="confirm-reveal">{{ words.reveal }}</button></footer>
      </form>
    </dialog>`,
  props: { conversation: String, words: Object },
  emits: ["shown"],
  data() {
    return { wanted: null, why: "", text: "", problem: "" };
  },
  computed: {
    reasons() {
      return this.words.reveal_reasons.split("|");
    },
  },
  methods: {
    open(wanted) {
      Object.assign(this, { wanted, why: "", text: "", problem: "" });
      this.$refs.sheet.showModal();
      this.$nextTick(() => this.$refs.why.focus());
    },
    close() {
      this.$refs.sheet?.close();
    },
    async confirm() {
      try {
        const { text } = await call("POST", beside(this.conversation, "reveal"), { wanted: this.wanted, why: this.why.trim() });
        this.problem = "";
        if (this.wanted.seq === undefined) this.text = text;
        else {
          this.$emit("shown", this.wanted.seq, text);
          this.close();
        }
      } catch (refusal) {
        this.problem = refusal.message || this.words.no_answer;
      }
    },
  },
};
