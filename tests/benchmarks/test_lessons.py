import yaml

from benchmarks.understanding.lessons import Lessons, nlu_content, one_line, spread
from benchmarks.understanding.rasa_models import write_our_data, write_stock_data
from knowledge_base.building.sentences import Sentence, faq_sentences, intent_sentences
from knowledge_base.entries import FaqEntry


def _lessons() -> Lessons:
    greetings = [Sentence(f"你好{number}", "greet") for number in range(10)]
    questions = [Sentence("运费怎么算", "faq"), Sentence("多少钱", "faq")]
    entry = FaqEntry(
        id="price.how", question="运费是怎么计算的？", phrasings=tuple(f"咋收费{n}" for n in range(9)), answer="按重量"
    )
    return Lessons((*greetings, *questions), (entry,))


def test_a_few_are_taken_from_the_whole_list():
    assert spread(list(range(10)), 3) == [0, 3, 6]
    assert spread([1, 2], 3) == [1, 2]


def test_limited_lessons_keep_a_quarter_as_many_phrasings_beside_the_standard_question():
    limited = _lessons().limited(8)

    assert sum(s.label == "greet" for s in limited.intents) == 8
    assert sum(s.label == "faq" for s in limited.intents) == 2
    assert len(limited.topics) == 3


def test_lessons_that_teach_other_sentences_have_another_key():
    assert _lessons().key == _lessons().key
    assert _lessons().limited(8).key != _lessons().key


def test_lessons_read_back_as_trainers_files_teach_the_same(tmp_path):
    folders = _lessons().write(tmp_path)

    assert set(intent_sentences(folders.intents)) == set(_lessons().intents)
    assert set(faq_sentences(folders.faq)) == set(_lessons().topics)


def test_brackets_do_not_become_entities():
    assert one_line("我要寄[手机](goods)\n谢谢") == "我要寄(手机)(goods) 谢谢"
    assert nlu_content([Sentence("- 减号", "deny")])["nlu"] == [{"intent": "deny", "examples": "- - 减号\n"}]


def test_stock_rasa_gets_each_topic_as_a_retrieval_intent_with_a_response(tmp_path):
    write_stock_data(_lessons(), tmp_path)

    taught = yaml.safe_load((tmp_path / "nlu.yml").read_text("utf-8"))["nlu"]
    domain = yaml.safe_load((tmp_path / "domain.yml").read_text("utf-8"))
    assert [block["intent"] for block in taught] == ["greet", "faq", "faq/price.how"]
    assert list(domain["responses"]) == ["utter_faq/price.how"]
    assert domain["intents"] == ["faq", "greet"]


def test_ours_borrows_five_questions_of_each_topic_for_the_intent(tmp_path):
    write_our_data(_lessons(), tmp_path)

    taught = yaml.safe_load((tmp_path / "nlu.yml").read_text("utf-8"))["nlu"]
    faq = next(block for block in taught if block["intent"] == "faq")
    assert len(faq["examples"].splitlines()) == 2 + 5
