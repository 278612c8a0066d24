// Whom a note may mention, while the word behind the @ is being typed.
const SHOWN = 6;

export default {
  template: `
    <ul v-if="found.length" class="finder mentions" role="listbox" :aria-label="words.mention">
      <li v-for="(one, i) in found" :key="one.username" role="option" :aria-selected="i === at" :class="{at: i === at}" @mousedown.prevent="choose(one)" data-testid="mention"><b>{{ one.name }}</b> <span class="muted">{{ one.username }}</span></li>
    </ul>`,
  props: { people: Array, called: String, words: Object },
  emits: ["pick"],
  data() {
    return { at: 0 };
  },
  computed: {
    found() {
      const word = this.called.toLowerCase();
      return this.people.filter((one) => one.name.includes(word) || one.username.toLowerCase().startsWith(word)).slice(0, SHOWN);
    },
  },
  watch: {
    called() { this.at = 0; },
  },
  methods: {
    // Returns whether the key was for the list.
    onKey(event) {
      const last = this.found.length - 1;
      const act = {
        ArrowDown: () => { this.at = this.at < last ? this.at + 1 : 0; },
        ArrowUp: () => { this.at = this.at > 0 ? this.at - 1 : last; },
        Enter: () => this.choose(this.found[this.at]),
        Tab: () => this.choose(this.found[this.at]),
      }[event.key];
      if (!act || last < 0) return false;
      event.preventDefault();
      act();
      return true;
    },
    // A name that two colleagues have would reach nobody: then it is the username.
    choose(one) {
      const isAlone = this.people.filter((other) => other.name === one.name).length === 1;
      this.$emit("pick", isAlone ? one.name : one.username);
    },
  },
};
