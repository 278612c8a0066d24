"""A small checkout with every kind of file, and the draft over it."""

from pathlib import Path

from bot.clock import Clock
from bot.db import Database
from bot.settings import Settings
from bot.staff.model import Actor, Role
from bot.studio.drafts.service import Drafts

HE = Actor("agent:he", Role.trainer)
LIN = Actor("agent:lin", Role.trainer)
LINA = Actor("agent:lina", Role.agent)

EVALUATED = "我的快递几天没动了帮我看看呀"

PRICE = """version: "3.1"
nlu:
- intent: query_price
  examples: |
    - 寄到北京多少钱
    - 三公斤到广州运费多少
    - 发[新疆](region)咋收
"""
WAYBILL = """version: "3.1"
nlu:
- intent: query_waybill
  examples: |
    - 我的快递到哪里了呀
    - 帮我查一下包裹
    - 单号到哪了
"""
PHRASINGS = (
    "咋收费",
    "首重续重啥意思",
    "起步价管几斤",
    "超过一公斤怎么加钱",
    "收费标准",
    "邮费怎么算的呢",
    "计费规则",
    "按斤还是按件",
)
FAQ = (
    "# 资费\n"
    "- id: price.how_charged\n"
    "  question: 运费怎么算？\n"
    "  phrasings:\n"
    + "".join(f"    - {text}\n" for text in PHRASINGS)
    + """  answer: |
    运费 = **首重** + 续重。

    以{carrier}称重为准。
  answers:
    sms: 首重加续重，以称重为准。
  related: [price.remote]
  action: {title: 查运费, intent: query_price}

# 偏远
- id: price.remote
  question: 偏远地区加钱吗？
  phrasings:
"""
    + "".join(f"    - 偏远{text}\n" for text in PHRASINGS)
    + "  answer: 要加。\n"
)
TOPICS = """# 主题
price.how_charged: 运费怎么计算
price.remote: 偏远附加费

# 服务
service.hours: 服务时间
"""
RESPONSES = """version: "3.1"

responses:
  # 问候
  utter_greet:
  - text: "您好，我是{carrier}的客服。"
    buttons: &suggestions
    - title: 查快递
      payload: /query_waybill
  - text: "在的。"
    buttons: *suggestions

  utter_status:
    - text: |-
        运单 {waybill_no}
        {status}
  utter_label_query_price:
  - text: 查运费  # 按钮
"""
WORDS = "# 行业词\n运单号\n快递单号 # 客户也这么说\n\n-到广州\n"
GOODS = """# 量词
measures: >-
  箱 台 部
  盒 袋

# 词尾
heads: >-
  机 器(?!官)
"""
ALIASES = "# 简称\nregion:\n  沪: 上海\n  京: 北京\n"
RULES = 'version: "3.1"\nrules:\n- rule: 查件\n  steps:\n  - intent: query_waybill\n'
FILES = {
    "nlu_data/intents/query_price.yml": PRICE,
    "nlu_data/intents/query_waybill.yml": WAYBILL,
    "nlu_data/domain/entities.yml": 'version: "3.1"\nentities:\n  - region\n  - weight\n',
    "nlu_data/domain/intents.yml": 'version: "3.1"\nintents:\n  - query_price\n  - query_waybill\n  - nlu_fallback\n',
    "nlu_data/domain/responses/answers.yml": RESPONSES,
    "nlu_data/lexicon/words.txt": WORDS,
    "nlu_data/lexicon/goods.yml": GOODS,
    "nlu_data/lexicon/aliases.yml": ALIASES,
    "nlu_data/rules.yml": RULES,
    "knowledge_base/faq/price.yml": FAQ,
    "knowledge_base/topics.yml": TOPICS,
}


def write_content(folder: Path) -> Path:
    """The checkout; the sentences that models are judged by stand beside it."""
    for path, text in FILES.items():
        file = folder / "checkout" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    (folder / "sets").mkdir(exist_ok=True)
    (folder / "sets" / "nlu.jsonl").write_text(f'{{"text": "{EVALUATED}", "intent": "query_waybill"}}\n')
    return folder / "checkout"


def make_drafts(folder: Path, database: Database, clock: Clock) -> Drafts:
    """Another one over the same folder is another process."""
    settings = Settings(data_dir=folder / "var")
    return Drafts.build(settings, database, clock, content=folder / "checkout", evaluation=folder / "sets")
