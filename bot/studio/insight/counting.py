"""What happened in an hour, asked of the tables where it stands anyway.

Each statement writes counters of one hour; all of them together are a pure function of the hour and of what stands in
the database, so counting again is always right.  Kinds of counters are explained by `bot.studio.insight.kinds.Metric`.
"""

from datetime import datetime

from sqlalchemy import TextClause, delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.ratings import rating_rules
from bot.studio.insight.slices import CONTACT_GAP, HOUR, LOOK_AHEAD, REPEAT_WITHIN
from bot.studio.insight.tables import SliceCount
from bot.studio.sets.kinds import FALLBACK

_PREPARED = "INSERT INTO studio_slice_counts (at, metric, channel, key, n, total) "

HEARD = """
SELECT :hour, 'heard', split_part(c.channel, ':', 1), m.understood->>'intent', count(*),
       coalesce(sum(CAST(m.understood->>'confidence' AS float)), 0)
FROM messages m JOIN conversations c ON c.id = m.conversation_id
WHERE m.created_at >= :hour AND m.created_at < :until AND m.author = 'customer' AND m.kind IN ('text', 'voice')
  AND m.payload = '' AND m.understood->>'intent' IS NOT NULL AND c.channel <> 'studio'
GROUP BY 3, 4
"""

CONTACT = """
WITH here AS (
  SELECT DISTINCT c.customer_id FROM messages m JOIN conversations c ON c.id = m.conversation_id
  WHERE m.created_at >= :hour AND m.created_at < :until AND m.author = 'customer' AND c.channel <> 'studio'
), said AS (
  SELECT c.customer_id, c.id AS conversation_id, split_part(c.channel, ':', 1) AS channel, m.seq, m.created_at AS at,
         m.understood->>'intent' AS intent,
         lag(m.created_at) OVER (PARTITION BY c.customer_id ORDER BY m.created_at, c.id, m.seq) AS before
  FROM here JOIN conversations c USING (customer_id) JOIN messages m ON m.conversation_id = c.id
  WHERE m.author = 'customer' AND c.channel <> 'studio' AND m.created_at >= :from AND m.created_at < :to
), numbered AS (
  SELECT said.*, count(*) FILTER (WHERE before IS NULL OR at - before >= :gap)
         OVER (PARTITION BY customer_id ORDER BY at, conversation_id, seq) AS nth
  FROM said
), contacts AS (
  SELECT customer_id, nth, min(at) AS began, max(at) AS ended,
         (array_agg(channel ORDER BY at, seq))[1] AS channel, array_agg(DISTINCT conversation_id) AS conversations,
         (array_agg(intent ORDER BY at DESC, seq DESC) FILTER (WHERE intent IS NOT NULL))[1] AS last_intent,
         coalesce(bool_or(intent <> ALL (:small_talk)), false) AS is_matter
  FROM numbered GROUP BY customer_id, nth
), followed AS (
  SELECT contacts.*, lead(began) OVER (PARTITION BY customer_id ORDER BY nth) AS next_began FROM contacts
), ended AS (
  SELECT followed.*, coalesce(
           (SELECT CASE WHEN v.move = 'take_over' THEN 'taken_over' ELSE split_part(v.why, '、', 1) END
            FROM conversation_moves v
            WHERE v.conversation_id = ANY (followed.conversations) AND v.move IN ('queue', 'promise', 'take_over')
              AND v.at >= followed.began AND v.at < followed.ended + :gap
            ORDER BY v.id LIMIT 1),
           CASE WHEN last_intent = ANY (:unsolved) THEN 'given_up' ELSE 'resolved' END) AS how
  FROM followed WHERE began >= :hour AND began < :until AND is_matter
)
SELECT :hour, 'contact', channel, how, count(*),
       count(*) FILTER (WHERE how = 'resolved' AND next_began < ended.ended + :repeat)
FROM ended GROUP BY 3, 4
"""

RATING = """
SELECT :hour, 'rating', split_part(c.channel, ':', 1), r.about || ':' || r.score, count(*), sum(r.score)
FROM conversation_ratings r JOIN conversations c ON c.id = r.conversation_id
WHERE r.offered_at >= :hour AND r.offered_at < :until AND r.score IS NOT NULL AND c.channel <> 'studio'
GROUP BY 3, 4
"""

# Whether an answer helped is told by what follows within ten minutes, as in the list of answers (`bot.studio.faq.use`).
ANSWERED = """
WITH asked AS (
  SELECT m.conversation_id, m.seq, m.understood->>'intent' AS intent, split_part(c.channel, ':', 1) AS channel,
         s.topic, s.at
  FROM messages m JOIN conversations c ON c.id = m.conversation_id
  LEFT JOIN LATERAL (
    SELECT substring(z.text FROM '[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*') AS topic, z.at FROM service_summaries z
    WHERE z.turn = m.conversation_id || '\\:' || m.seq || '\\:faq' AND z.wrap_up_code = 'faq'
      AND z.at >= :hour AND z.at < :later LIMIT 1
  ) s ON true
  WHERE m.created_at >= :hour AND m.created_at < :until AND m.author = 'customer'
    AND m.understood->>'intent' IS NOT NULL AND c.channel <> 'studio'
), felt AS (
  SELECT asked.channel, asked.topic, EXISTS (
    SELECT FROM conversation_moves v WHERE v.conversation_id = asked.conversation_id
      AND v.move IN ('queue', 'promise') AND v.at >= asked.at AND v.at <= asked.at + interval '10 minutes'
  ) OR EXISTS (
    SELECT FROM service_summaries z WHERE z.conversation_id = asked.conversation_id AND z.wrap_up_code = 'faq'
      AND z.at > asked.at AND z.at <= asked.at + interval '10 minutes'
      AND substring(z.text FROM '[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*') = asked.topic
  ) OR EXISTS (
    SELECT FROM messages n WHERE n.conversation_id = asked.conversation_id AND n.author = 'customer'
      AND n.seq > asked.seq AND n.created_at <= asked.at + interval '10 minutes'
      AND n.understood->>'intent' = 'dissatisfied'
  ) AS is_bad
  FROM asked WHERE topic IS NOT NULL
)
SELECT :hour, 'answered', channel, topic, count(*), count(*) FILTER (WHERE is_bad) FROM felt GROUP BY 3, 4
UNION ALL
SELECT :hour, 'unanswered', channel, '', count(*), 0 FROM asked WHERE topic IS NULL AND intent = 'faq' GROUP BY 3
"""

SUGGESTED = """
SELECT :hour, 'suggested', split_part(c.channel, ':', 1), a.topic || ':' || a.outcome, count(*), 0
FROM answer_suggestions a JOIN conversations c ON c.id = a.conversation_id
WHERE a.shown_at >= :hour AND a.shown_at < :until AND a.outcome IS NOT NULL
GROUP BY 3, 4
"""

STATEMENTS = (HEARD, CONTACT, RATING, ANSWERED, SUGGESTED)


async def count_hour(session: AsyncSession, hour: datetime) -> None:
    """Write the counters of an hour in place of those it had."""
    await session.execute(delete(SliceCount).where(SliceCount.at == hour))
    for statement in STATEMENTS:
        await session.execute(*_bound(statement, hour))


def _bound(statement: str, hour: datetime) -> tuple[TextClause, dict[str, object]]:
    rules = rating_rules()
    values: dict[str, object] = {
        "hour": hour,
        "until": hour + HOUR,
        "later": hour + 2 * HOUR,
        "from": hour - CONTACT_GAP,
        "to": hour + HOUR + LOOK_AHEAD,
        "gap": CONTACT_GAP,
        "repeat": REPEAT_WITHIN,
        "small_talk": sorted(rules.small_talk),
        "unsolved": sorted(rules.unsolved | {FALLBACK}),
    }
    clause = text(_PREPARED + statement)
    return clause, {name: value for name, value in values.items() if name in clause.compile().params}
