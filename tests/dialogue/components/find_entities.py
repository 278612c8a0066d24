"""Run in Rasa's interpreter by the tests beside it: JSON strings in, the entities found in each out, a line each."""

import json
import sys
from datetime import date
from pathlib import Path

from bot.dialogue.components.entities import EntityFinder
from bot.dialogue.components.lexicon import trade_words
from bot.dialogue.components.text import normalize
from bot.dialogue.components.tokenizer import jieba_with

TODAY = date(2026, 11, 20)

lexicon = Path("nlu_data/lexicon")
finder = EntityFinder(lexicon, jieba_with(trade_words(lexicon)))
for line in sys.stdin:
    original = json.loads(line)
    normal = normalize(original)
    rows = []
    for found in finder.find(normal, TODAY):
        start, end = normal.original_span(found.start, found.end)
        rows.append([found.entity, found.value, original[start:end], found.meaning])
    print(json.dumps(rows))
