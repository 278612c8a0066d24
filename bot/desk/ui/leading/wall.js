// The wall: big figures, who waits, who is there.  Times tick here; everything else comes from the server.
export default {
  template: `
    <div class="wall" :class="{stale}" data-testid="wall">
      <p v-if="stale" class="wall-stale" role="alert">{{ words.stale }}</p>
      <section class="tiles" :aria-label="words.title">
        <component v-for="tile in tiles" :key="tile.id" :is="tile.href ? 'a' : 'div'" :href="tile.href" class="tile" :class="tile.heat" :data-testid="'tile-' + tile.id">
          <h2>{{ tile.title }}<span v-if="tile.heat !== 'calm'" class="sr">{{ heats[tile.heat] }}</span></h2>
          <b class="big">{{ tile.value }}</b>
          <small>{{ tile.below }}</small>
        </component>
      </section>
      <section class="wall-part agents" :aria-label="words.agents">
        <header><h2>{{ words.agents }}</h2><span class="muted">{{ board.counts }}</span></header>
        <div class="scrolls" tabindex="0" role="region" :aria-label="words.agents"><table data-testid="wall-agents">
          <thead><tr><th scope="col">{{ words.name }}</th><th scope="col">{{ words.state }}</th><th scope="col">{{ words.since }}</th><th scope="col">{{ words.load }}</th><th scope="col" class="wide-only">{{ words.team }}</th></tr></thead>
          <tbody><tr v-for="one in board.agents" :key="one.username" data-testid="wall-agent">
            <td><button type="button" class="link" @click="$emit('agent', one.username)" :aria-label="words.open_agent.replace('{name}', one.name)">{{ one.name }}</button></td>
            <td><i class="dot" :class="one.state" aria-hidden="true"></i>{{ one.state_text }}<span v-if="one.why_text" class="tag why">{{ one.why_text }}</span><span v-if="one.state !== 'offline' && !one.is_there" class="tag bad">{{ words.gone }}</span></td>
            <td class="num" :class="'is-' + one.state_heat">{{ lasted(one.since) }}</td>
            <td><span class="load"><span class="bar" aria-hidden="true"><i :class="one.heat" :style="{width: Math.min(100, 100 * one.held / Math.max(1, one.capacity)) + '%'}"></i></span><span class="num" :class="'is-' + one.heat">{{ one.held }}<template v-if="one.offered">+{{ one.offered }}</template> / {{ one.capacity }}</span></span></td>
            <td class="wide-only muted">{{ one.teams.join("、") }}</td>
          </tr></tbody>
        </table>
        <p v-if="!board.agents.length" class="empty">{{ words.nobody_there }}</p></div>
      </section>
      <section class="wall-part queue" :aria-label="words.queue">
        <header><h2>{{ words.teams }}</h2></header>
        <table class="teams" data-testid="wall-teams"><thead><tr><th scope="col">{{ words.team }}</th><th scope="col">{{ words.waiting }}</th><th scope="col">{{ words.longest_short }}</th><th scope="col">{{ words.online }}</th><th scope="col">{{ words.free }}</th></tr></thead>
          <tbody><tr v-for="one in board.teams" :key="one.label">
            <td>{{ one.label || words.no_team }}</td><td class="num strong" :class="'is-' + one.heat">{{ one.waiting }}</td>
            <td class="num" :class="'is-' + one.heat">{{ one.longest_since ? lasted(one.longest_since) : "—" }}</td>
            <td class="num">{{ one.online }}</td><td class="num">{{ one.free }}</td>
          </tr></tbody></table>
        <header><h2>{{ words.queue }}</h2></header>
        <div class="scrolls" tabindex="0" role="region" :aria-label="words.queue"><ul data-testid="wall-queue">
          <li v-for="one in board.queue" :key="one.id"><button type="button" class="waiting-line" @click="$emit('conversation', one.id)" data-testid="wall-waiting">
            <b class="num" :class="'is-' + one.heat">{{ lasted(one.since) }}</b>
            <span>{{ words.customer }} {{ one.visitor }} · {{ one.channel }}</span>
            <span class="tag why">{{ one.reason }}</span>
            <span v-if="one.offered_name" class="tag">{{ words.ringing.replace("{name}", one.offered_name) }}</span>
          </button></li>
        </ul>
        <p v-if="!board.queue.length" class="empty">{{ words.nobody_waits }}</p>
        <p v-if="board.waiting.value > board.queue.length" class="muted under">{{ words.more.replace("{n}", board.waiting.value - board.queue.length) }}</p></div>
      </section>
      <div class="wall-side">
        <section class="wall-part" :aria-label="words.today">
          <header><h2>{{ words.today }}</h2><span class="muted">{{ board.handed_over_count }}</span></header>
          <dl class="bars"><template v-for="one in board.reasons" :key="one.label"><dt>{{ one.label }}</dt><dd><i :style="{width: one.share + '%'}" aria-hidden="true"></i><span class="num">{{ one.count }}</span></dd></template></dl>
          <p v-if="!board.reasons.length" class="empty small">{{ words.nothing_today }}</p>
        </section>
        <section class="wall-part" :aria-label="words.tiers">
          <header><h2>{{ words.tiers }}</h2></header>
          <table v-if="board.tickets.length" data-testid="wall-tickets"><thead><tr><th scope="col"></th><th scope="col">{{ words.overdue }}</th><th scope="col">{{ words.due_soon }}</th></tr></thead>
            <tbody><tr v-for="one in board.tickets" :key="one.tier"><td>{{ one.label }}</td><td class="num" :class="one.overdue ? 'is-red' : ''">{{ one.overdue }}</td><td class="num" :class="one.due_soon ? 'is-amber' : ''">{{ one.due_soon }}</td></tr></tbody></table>
          <p v-else class="empty small">{{ words.no_risk }}</p>
        </section>
        <section class="wall-part" :aria-label="words.channels">
          <header><h2>{{ words.channels }}</h2></header>
          <table v-if="board.failures.length" data-testid="wall-channels"><thead><tr><th scope="col"></th><th scope="col">{{ words.dead }}</th><th scope="col">{{ words.held_back }}</th></tr></thead>
            <tbody><tr v-for="one in board.failures" :key="one.channel"><td>{{ one.label }}</td><td class="num" :class="'is-' + one.heat">{{ one.dead }}</td><td class="num">{{ one.held }}</td></tr></tbody></table>
          <p v-else class="empty small">{{ words.no_failures }}</p>
          <dl class="backlog" :aria-label="words.backlog"><div v-for="one in board.backlog" :key="one.label"><dt>{{ one.label }}</dt><dd class="num" :class="'is-' + one.heat">{{ one.value }}</dd></div></dl>
        </section>
      </div>
    </div>`,
  props: { board: Object, words: Object, heats: Object, server_now: Number },
  emits: ["agent", "conversation"],
  data() {
    return { tick: Date.now(), ahead: 0, heard: Date.now() };
  },
  watch: {
    server_now: { immediate: true, handler(now) { this.heard = this.tick = Date.now(); this.ahead = this.heard - now; } },
  },
  mounted() { this.ticking = setInterval(() => { this.tick = Date.now(); }, 1000); },
  unmounted() { clearInterval(this.ticking); },
  computed: {
    // The server speaks at least every ten seconds.
    stale() { return this.tick - this.heard > 45000; },
    tiles() {
      return this.board.tiles.map((tile) => (tile.since ? { ...tile, value: this.lasted(tile.since) } : tile));
    },
  },
  methods: {
    lasted(since) {
      const s = Math.max(0, Math.floor((this.tick - this.ahead - Date.parse(since)) / 1000));
      const two = (n) => String(n).padStart(2, "0");
      if (s >= 86400) return `${Math.floor(s / 86400)}d ${two(Math.floor(s / 3600) % 24)}h`;
      return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
    },
  },
};
