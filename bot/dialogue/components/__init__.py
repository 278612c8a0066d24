"""Rasa graph components: the one place that imports rasa.  Runs inside Rasa's own interpreter (Python 3.10).

Besides rasa, jieba, spaCy, scikit-learn and OpenCC only ``knowledge_base.encoder`` may be imported here.
"""
