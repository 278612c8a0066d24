"""What the customer's last message says, read once from the tracker."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from rasa_sdk import Tracker

from actions.danger import speaks_of_ending_life
from bot.dialogue.components.text import simplify
from bot.dialogue.components.values.dates import read_date
from bot.dialogue.components.values.days import Days
from bot.dialogue.components.values.times import read_time
from bot.waybills.numbers import find_phone_tail, find_waybill_numbers, normalise, normalise_waybill_no

_WANTS_PERSON = re.compile(
    r"[转找要接]\s*(?:个|一下|到)?\s*(?:人工|真人|客服)|人工(?:客服|服务|坐席)|^\s*人工\s*$|有人没人"
    r"|^\s*(?:到底|你们|请问)?有没有(?:活|真)?人(?:在|啊|吗)?[?？!！]*\s*$"
)
_TAIL = re.compile(r"(?:(?:手机)?尾号|[后末]四位)?[是为:：]?\s*(?<![\dA-Za-z])\d{4}(?!\d)")
_ASKS = re.compile(
    r"[?？吗呢么嗎麼谁誰咋啥哪]|[多几幾][少多久]|[几幾][天点时點時]|什么|甚麼|点解|[可能会要]不[可能会要]|能否|可否"
)
_ASKS_TERMS = re.compile(
    r"(?:多少|[几幾]多|多久|几天|怎么|咋个?|如何|什么|啥子?|哪些)[^，,。]{0,6}"
    r"(?:赔|退钱|扣钱|算|收费|标准|材料|手续|流程)|(?:运费|邮费|钱|费用?)[^，,。]{0,3}[谁誰]"
    r"|(?:赔|退|扣|收费|费用?)[^，,。]{0,6}(?:多少|[几幾]多|多久|吗|嗎|不|谁|誰|啥|什么)[钱錢]?[啊呀呢哦]?[?？]?$"
    r"|(?:全赔|全额|照价|包赔|会赔|能赔|赔不赔)[^，,。]{0,4}[吗嗎不么呢?？]"
)
_NONE = (
    r"(?:没[留记存拍抄]下?来?|没有?|冇|不知道|不晓得|不清楚|不记得|记不得|记不[住清]|忘[了记]*"
    r"|找不[到着]|丢了?|弄丢了?|唔知|唔記得|唔见)"
)
_NUMBER = r"(?:运|運|快递|快遞|物流)?[单單][号號]"
_LACKS_NUMBER = re.compile(
    rf"{_NONE}[^，,。]{{0,3}}{_NUMBER}(?![^，,。\s]*(?:信息|更新|显示|动|查))"
    rf"|{_NUMBER}[^，,。]{{0,4}}{_NONE}(?:了|啊|呀|哦|呢|啦)?(?=$|[，,。！!\s])"
)
_HAS_ONLY_PHONE = re.compile(r"(?:只|就)(?:有|知道|晓得|记得|剩)[^，,。]{0,6}(?:手机|电话|電話|手機)")
_SIGNS = re.compile(r"[^\W_]")
_PLEASED = re.compile(r"[👍👌👏🙏🌹💐😊😀😁😃😄😆🙂🥰😍😘🤗🤝✌💪❤♥🎉☺✅]")
_CROSS = re.compile(r"[😡😠🤬👎😤😭😢😞😩😫💔🙄😒🤮💩😾👿]")
_DAY_OF_PART = re.compile(r"[今明后](?=[早晚夜午])")
_INTENDED = re.compile(r"(?:改|换|约|推|延|挪|调|定|等)(?:迟|期|后|整)?(?:到|成|至|为|在)?\s*$")
_DECLINED = re.compile(r"\s*(?:就|先|我|家里)?(?:别|不|没|莫|唔)(?!知)")
_AT = r"(?:人|方)?(?:的?(?:地[址点方]?|位置))?\s*(?:改成|改为|改到|换成|是|为|在)?\s*[:：]?\s*$"
_FROM = re.compile(r"[从在自由]\s*$|(?:取件|寄件|发件|发货|寄出|出发|始发|上门|揽收)" + _AT)
_TO = re.compile(r"(?:[到往去给至达寄发邮]|->|→|=>)\s*$|(?:收件|收货|派送|派件|送达|送货|目的)" + _AT)


@dataclass(frozen=True)
class Entity:
    """One find in the text; ``start`` and ``end`` refer to the text as typed."""

    kind: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Place:
    """A place named in the text, and which end of a route the words before it make it."""

    text: str
    role: str | None
    has_street: bool


@dataclass(frozen=True)
class Appointment:
    """A time the customer names: as typed, the days it means (None where nobody knows), and the words for the hour.

    ``intended`` is whether the words before it make it what is wanted (改到昨天), rather than what has been;
    ``declined`` whether the words behind it say that it is not (今天别送).
    """

    words: str
    days: Days | None
    hour: str
    intended: bool
    declined: bool = False

    @property
    def day_words(self) -> str:
        return self.words.removesuffix(self.hour)

    def is_over(self, today: date) -> bool:
        last = (self.days.last or self.days.first) if self.days else None
        return last is not None and last < today

    def is_over_by(self, now: datetime) -> bool:
        """The same to the hour: 今天下午 is over in the evening."""
        if self.days is None or self.days.single != now.date():
            return self.is_over(now.date())
        hours = read_time(self.hour) if self.hour else None
        end = hours.end if hours else None
        return end is not None and end <= now.hour + now.minute / 60

    def left(self, today: date) -> Days | None:
        """The days without those that are over already: of a weekend the Sunday, on a Sunday."""
        if self.days is None or self.days.first is None or self.days.first >= today:
            return self.days
        return Days(today, self.days.last) if self.days.last else self.days


@dataclass(frozen=True)
class Heard:
    """The last message: words or a tapped button, its intent, and the facts it holds."""

    text: str
    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    entities: tuple[Entity, ...]

    @classmethod
    def of(cls, tracker: Tracker) -> "Heard":
        message: dict[str, Any] = tracker.latest_message
        intent = message.get("intent") or {}
        ranking = tuple((row["name"], row["confidence"]) for row in message.get("intent_ranking") or ())
        return cls(
            text=message.get("text") or "",
            intent=intent.get("name") or "nlu_fallback",
            confidence=float(intent.get("confidence") or 0.0),
            ranking=ranking,
            entities=tuple(_entity(row) for row in message.get("entities") or ()),
        )

    @property
    def is_tapped(self) -> bool:
        """A button that carries its meaning, rather than words."""
        return self.text.startswith("/")

    @property
    def words(self) -> str:
        """What the customer wrote; empty for a tapped button."""
        return "" if self.is_tapped else self.text.strip()

    @property
    def wants_person(self) -> bool:
        """Asks for a person in so many words, whatever the classifier made of it."""
        return self.intent == "request_human" or bool(_WANTS_PERSON.search(self.words))

    @property
    def asks(self) -> bool:
        """Sounds like a question."""
        return bool(_ASKS.search(self.words))

    @property
    def asks_terms(self) -> bool:
        """Asks what is paid, how much or how (赔多少, 运费谁出), rather than wants it done now."""
        return bool(_ASKS_TERMS.search(self.words))

    @property
    def lacks_number(self) -> bool:
        """Says that there is no waybill number at hand (单号找不到了), rather than asks what then."""
        return lacks_number(self.words)

    @property
    def has_only_phone(self) -> bool:
        """Would be found by a phone number: 只有手机号."""
        return bool(_HAS_ONLY_PHONE.search(self.words))

    @property
    def is_wordless(self) -> bool:
        """Typed, but nothing that could be read: emoji or punctuation."""
        return bool(self.words) and not _SIGNS.search(self.words)

    @property
    def is_pleased(self) -> bool:
        """Emoji of thanks or approval."""
        return bool(_PLEASED.search(self.words)) and not self.is_cross

    @property
    def is_cross(self) -> bool:
        """Emoji of anger or tears."""
        return bool(_CROSS.search(self.words))

    @property
    def life_in_danger(self) -> bool:
        """Speaks of ending a life: nothing else matters then."""
        return speaks_of_ending_life(self.words)

    def first(self, *kinds: str) -> str | None:
        return next((entity.value for entity in self.entities if entity.kind in kinds), None)

    @cached_property
    def waybill_numbers(self) -> tuple[str, ...]:
        """Every waybill number in the message, each once."""
        named = [normalise_waybill_no(entity.value) for entity in self.entities if entity.kind == "waybill_no"]
        return tuple(dict.fromkeys(named or find_waybill_numbers(self.words)))

    @cached_property
    def phone_tail(self) -> str | None:
        """Four digits of a phone: named as such, the end of a whole number, or the only digits there are."""
        named = self.first("phone_tail")
        if named is not None and re.fullmatch(r"\d{4}", named):
            return named
        whole = re.sub(r"\D", "", self.first("phone") or "")
        return whole[-4:] if len(whole) >= 7 else find_phone_tail(self.words)

    @cached_property
    def named_phone_tail(self) -> str | None:
        """A tail nobody asked for: said to be one, or standing beside the waybill number."""
        if not self.waybill_numbers or self.first("phone_tail"):
            return self.first("phone_tail")
        rest = normalise(self.words)
        for entity in self.entities:
            if entity.kind == "waybill_no":
                rest = rest.replace(normalise(self.text[entity.start : entity.end]), " ")
        for number in self.waybill_numbers:
            rest = rest.replace(number, " ")
        return find_phone_tail(rest)

    @property
    def words_alone(self) -> str:
        """The words without waybill numbers and phone tails."""
        rest = self.words
        if self.named_phone_tail:
            rest = _TAIL.sub("", rest)
        for entity in self.entities:
            if entity.kind == "waybill_no":
                rest = rest.replace(self.text[entity.start : entity.end], "")
        for number in self.waybill_numbers:
            rest = rest.replace(number, "")
        return rest.strip(" ,，。;；:：")

    @property
    def digits(self) -> str:
        return re.sub(r"\D", "", normalise(self.words))

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Neighbouring regions and addresses joined to one place each, in order."""
        return _routed([self._place(span) for span in self._spans("region", "address")])

    @cached_property
    def when(self) -> str | None:
        """The first date and the first time of day as typed, joined: 明天下午."""
        found, seen = "", set[str]()
        for span in self._spans("date", "time_period"):
            kinds = {entity.kind for entity in span}
            if not kinds <= seen:
                found += self._cut(span)
            seen |= kinds
        return found or None

    def appointment(self, today: date) -> Appointment | None:
        """The day that is wanted, with its time of day; None if no time is named.

        Of several, one that is not over and not declined, and rather one that the words before make the wish.
        """
        if self.when is None:
            return None
        named = [entity for entity in self.entities if entity.kind == "date"]
        hour = next((self._cut([entity]) for entity in self.entities if entity.kind == "time_period"), "")
        if not named:
            return self._part_of_day(hour, today)
        choices = [self._on(entity, hour, today) for entity in named]
        open_days = [choice for choice in choices if not choice.is_over(today) and not choice.declined]
        wished = next((choice for choice in open_days if choice.intended), None)
        return wished or next(iter(open_days), choices[0])

    def _on(self, day: Entity, hour: str, today: date) -> Appointment:
        words = self._cut([day])
        if self.is_tapped:
            return Appointment(words + hour, _read(words, today), hour, intended=False)
        intended = bool(_INTENDED.search(self.text[: day.start]))
        declined = bool(_DECLINED.match(self.text, day.end))
        return Appointment(words + hour, _read(words, today), hour, intended, declined)

    def _part_of_day(self, hour: str, today: date) -> Appointment:
        """今晚 holds a day and a part of it."""
        day = _DAY_OF_PART.match(hour)
        if day is None:
            return Appointment(hour, None, hour, intended=False)
        return Appointment(hour, read_date(day.group(), today), hour[day.end() :], intended=False)

    def _spans(self, *kinds: str) -> list[list[Entity]]:
        spans: list[list[Entity]] = []
        for entity in sorted((e for e in self.entities if e.kind in kinds), key=lambda e: (e.start, -e.end)):
            if spans and not self.is_tapped and self._adjoins(spans[-1], entity):
                spans[-1].append(entity)
            else:
                spans.append([entity])
        return spans

    def _adjoins(self, span: list[Entity], entity: Entity) -> bool:
        """Overlapping, or with nothing but blanks in between."""
        return not self.text[max(one.end for one in span) : entity.start].strip()

    def _cut(self, span: list[Entity]) -> str:
        if self.is_tapped:
            return span[0].value
        return self.text[span[0].start : max(entity.end for entity in span)].strip()

    def _place(self, span: list[Entity]) -> Place:
        before = self.text[: span[0].start]
        role = "origin" if _FROM.search(before) else "destination" if _TO.search(before) else None
        return Place(self._cut(span), role, any(entity.kind == "address" for entity in span))


def _read(words: str, today: date) -> Days | None:
    """In simplified signs, as the reader of dates knows them (聽日)."""
    return read_date(simplify(words), today)


def _routed(places: list[Place]) -> tuple[Place, ...]:
    """Of two places, the one without a role is the other end: A寄到B starts at A, and 从A，B goes to B.

    Behind a bare region, the second place may be the rest of it: 从浙江杭州，西湖区文三路100号.
    """
    match places:
        case [Place(role=None) as first, Place(role="destination") as second]:
            return replace(first, role="origin"), second
        case [Place(role="origin", has_street=True) as first, Place(role=None, has_street=True) as second]:
            return first, replace(second, role="destination")
    return tuple(places)


def _entity(row: dict[str, Any]) -> Entity:
    return Entity(row["entity"], str(row["value"]), int(row.get("start") or 0), int(row.get("end") or 0))


def lacks_number(words: str) -> bool:
    """Whether somebody says that there is no waybill number at hand, or only a phone's."""
    return not _ASKS.search(words) and bool(_LACKS_NUMBER.search(words) or _HAS_ONLY_PHONE.search(words))
