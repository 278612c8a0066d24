// The queue and the person's own conversations.  Ticks by itself; knows nothing it was not given.
export default {
  template: `
    <nav class="lists" :aria-label="words.title">
      <section v-if="presence" class="my-state" :aria-label="words.my_state">
        <span class="choice" role="radiogroup" :aria-label="words.my_state"><button v-for="one in states" :key="one.state" class="small" role="radio" :aria-checked="presence.state === one.state" :class="one.state" @click="$emit('state', one.state)" :data-testid="'state-' + one.state">{{ one.text }}</button></span>
        <span class="muted" data-testid="load">{{ words.my_load.replace("{held}", presence.held).replace("{capacity}", presence.capacity) }}</span>
        <p v-if="stateWhy" class="warning" role="status" data-testid="state-why">{{ stateWhy }}</p>
      </section>
      <section class="lists-part" aria-live="off">
        <header class="lists-head">
          <h2>{{ words.queue }} <span class="count" :class="{hot: queue.length}" data-testid="queue-count">{{ queue.length }}</span></h2>
          <button v-if="queue.length" class="small primary" @click="$emit('next')" title="Alt+A">{{ words.accept_next }} <kbd>Alt A</kbd></button>
        </header>
        <p v-if="!queue.length" class="nothing">{{ words.queue_empty }}</p>
        <ul>
          <li v-for="one in queue" :key="one.id" class="line" :class="{chosen: one.id === chosen, rings: one.offered_to === me}">
            <button class="line-open" @click="choose(one.id)" :aria-current="one.id === chosen" data-testid="queue-line">
              <span v-if="one.offered_to === me" class="ring" role="status" data-testid="offer">{{ words.offered_to_you }} · {{ left(one) }}</span>
              <span v-else-if="one.offered_to" class="muted">{{ words.offered_to.replace("{name}", one.offered_name || one.offered_to) }}</span>
              <span class="line-top">
                <b>{{ words.visitor }} {{ one.visitor }}</b>
                <span class="tag">{{ one.channel }}</span>
                <time class="wait" :class="heat(one)" :title="words.waited">{{ words.waited }} {{ waited(one) }}</time>
              </span>
              <span class="line-why"><span v-for="mood in one.moods" :key="mood.kind" class="tag mood" :class="mood.kind" :title="mood.hint" data-testid="mood">{{ mood.text }}</span><span class="tag why">{{ one.reason }}</span><span v-if="one.intent" class="tag">{{ one.intent }}</span><span v-if="one.waybill_no" class="mono">{{ one.waybill_no }}</span></span>
              <span v-if="one.summary" class="line-summary">{{ one.summary }}</span>
              <span class="line-last"><i>{{ one.author }}</i>{{ one.last_text }}</span>
            </button>
            <button v-if="one.offered_to === me" class="small line-decline" @click="$emit('decline', one.id)" data-testid="decline">{{ words.decline }}</button>
            <button v-if="!one.offered_to || one.offered_to === me" class="small line-accept" :class="{primary: one.offered_to === me}" @click="$emit('accept', one.id)" :aria-label="words.accept + ' ' + one.visitor" data-testid="accept-line">{{ words.accept }}</button>
          </li>
        </ul>
      </section>
      <section class="lists-part">
        <header class="lists-head"><h2>{{ words.mine }} <span class="count">{{ mine.length }}</span></h2></header>
        <p v-if="!mine.length" class="nothing">{{ words.mine_empty }}</p>
        <ul>
          <li v-for="one in mine" :key="one.id" class="line" :class="{chosen: one.id === chosen, unread: one.unread}">
            <button class="line-open" @click="choose(one.id)" :aria-current="one.id === chosen" data-testid="mine-line">
              <span class="line-top">
                <b>{{ words.visitor }} {{ one.visitor }}</b>
                <span class="tag">{{ one.channel }}</span>
                <span v-for="mood in one.moods" :key="mood.kind" class="tag mood" :class="mood.kind" :title="mood.hint">{{ mood.text }}</span>
                <time class="wait">{{ clock(one.last_at) }}</time>
              </span>
              <span class="line-last"><i>{{ one.author }}</i>{{ one.last_text }}<span v-if="one.unread" class="badge" data-testid="unread">{{ one.unread > 29 ? '30+' : one.unread }}</span></span>
            </button>
          </li>
        </ul>
      </section>
      <dialog ref="help" class="sheet" :aria-label="words.help" @click.self="$refs.help.close()">
        <h2>{{ words.help }}</h2>
        <dl class="keys"><template v-for="(what, key) in shortcuts" :key="key"><dt><kbd>{{ key }}</kbd></dt><dd>{{ what }}</dd></template></dl>
        <footer><button class="primary" @click="$refs.help.close()" autofocus>{{ words.close }}</button></footer>
      </dialog>
    </nav>`,
  props: { first: Object, words: Object, shortcuts: Object, me: String },
  emits: ["open", "accept", "next", "decline", "state"],
  computed: {
    states() {
      const words = this.words;
      return [{ state: "online", text: words.state_online }, { state: "break", text: words.state_break }, { state: "offline", text: words.state_offline }];
    },
    stateWhy() {
      return { lost: this.words.state_lost, passed: this.words.state_passed }[this.presence?.why] ?? "";
    },
    unread() {
      return this.mine.reduce((sum, one) => sum + one.unread, 0);
    },
    // Who waits, and what one has not read: the badge of the tab.
    news() {
      return this.queue.length + this.unread;
    },
    ringing() {
      return this.queue.filter((one) => one.offered_to === this.me).length;
    },
  },
  data() {
    return { queue: [], mine: [], chosen: "", presence: null, server_now: Date.now(), now: Date.now(), skew: 0, ...this.first };
  },
  watch: {
    server_now: { immediate: true, handler(ms) { this.skew = ms - Date.now(); this.now = Date.now(); } },
    ringing(now, before) {
      if (now > before) this.ring();
    },
    unread(now, before) {
      if (now > before) this.ring();
    },
    news: {
      immediate: true,
      handler(count) {
        document.title = (count ? `(${count}) ` : "") + this.words.title;
      },
    },
    "queue.length"(length, before) {
      if (length > before) this.ring();
    },
  },
  mounted() {
    document.querySelector("[data-sound]")?.setAttribute("aria-pressed", localStorage.deskSound === "on");
    this.ticking = setInterval(() => { this.now = Date.now(); }, 1000);
    window.addEventListener("keydown", this.onKey);
    window.addEventListener("desk-help", this.showHelp);
    window.addEventListener("desk-ring", this.ring);
  },
  unmounted() {
    clearInterval(this.ticking);
    window.removeEventListener("keydown", this.onKey);
    window.removeEventListener("desk-help", this.showHelp);
    window.removeEventListener("desk-ring", this.ring);
  },
  methods: {
    // What has changed since `first`.
    take(parts) {
      Object.assign(this, parts);
    },
    // Several reasons at one moment are one sound.
    ring() {
      if (localStorage.deskSound !== "on" || Date.now() - (this.rang ?? 0) < 500) return;
      this.rang = Date.now();
      beep();
    },
    choose(id) {
      document.body.dataset.pane = "chat";
      this.$emit("open", id);
    },
    seconds(one) {
      return Math.max(0, Math.floor((this.now + this.skew - Date.parse(one.queued_at)) / 1000));
    },
    waited(one) {
      const s = this.seconds(one), two = (n) => String(n).padStart(2, "0");
      const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
      return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
    },
    left(one) {
      const s = Math.max(0, Math.ceil((Date.parse(one.offered_until) - this.now - this.skew) / 1000));
      return this.words.seconds_left.replace("{n}", s);
    },
    heat(one) {
      const s = this.seconds(one);
      return s >= 180 ? "hot" : s >= 60 ? "warm" : "";
    },
    clock(at) {
      return new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false }).format(Date.parse(at));
    },
    showHelp() {
      if (!this.$refs.help.open) this.$refs.help.showModal();
    },
    onKey(event) {
      if (event.isComposing || event.ctrlKey || event.metaKey) return;
      const writing = event.target.closest("input, textarea, select");
      if (event.key === "?" && !writing && !event.altKey) {
        event.preventDefault();
        this.showHelp();
      }
      if (!event.altKey || document.querySelector("dialog[open]")) return;
      const act = { KeyA: () => this.next(), ArrowDown: () => this.step(1), ArrowUp: () => this.step(-1) }[event.code];
      if (act) {
        event.preventDefault();
        act();
      }
    },
    next() {
      document.body.dataset.pane = "chat";
      this.$emit("next");
    },
    step(by) {
      const all = [...this.queue, ...this.mine].map((one) => one.id);
      if (!all.length) return;
      const at = all.indexOf(this.chosen);
      this.choose(all[(at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by + all.length) % all.length]);
    },
  },
};

function beep() {
  const audio = new AudioContext(), tone = audio.createOscillator(), volume = audio.createGain();
  tone.connect(volume).connect(audio.destination);
  tone.frequency.value = 740;
  volume.gain.setValueAtTime(0.08, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.25);
  tone.start();
  tone.stop(audio.currentTime + 0.25);
  tone.onended = () => audio.close();
}
