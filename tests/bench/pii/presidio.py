"""The peer of `make bench-pii`: presidio's AnalyzerEngine with spaCy's French model and recognisers for our types.

Runs in an environment of its own: `python tests/bench/pii/presidio.py PLAN`.
"""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import tldextract
from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer
from presidio_analyzer.nlp_engine import NlpEngineProvider
from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    EmailRecognizer,
    IbanRecognizer,
    IpRecognizer,
    PhoneRecognizer,
)

from tests.bench.pii.task import Finds, play

STREETS = (
    "rue|r\\.|avenue|av\\.|boulevard|bd|place|all[ée]e|impasse|chemin|quai|cours|route|square|passage|hameau|venelle"
)
PATTERNS = {
    "NIR": r"(?<!\d)[12][ .]?\d{2}[ .]?(?:0[1-9]|1[0-2])[ .]?(?:\d{2}|2[AB])[ .]?\d{3}[ .]?\d{3}[ .]?\d{2}(?!\d)",
    "HANDLE": r"(?<!\w)@\w{3,}",
    "MAC": r"(?<![\w:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])",
    "DOB": r"(?<!\d)\d{1,2}(?:[/.-]\d{2}[/.-](?:19|20)\d{2}| (?:jan|f[ée]v|mar|avr|mai|jui|ao|sep|oct|nov|d[ée]c)\w* "
    r"(?:19|20)\d{2})",
    "ACCOUNT": r"(?i)(?<!\w)fbx ?\d{4} ?\d{4}|(?<=n° )\w*\d{5,}",
    "ADDRESS": rf"(?i)(?<!\d)\d{{1,4}}(?: ?(?:bis|ter|quater))?,? (?:{STREETS}) [\w' .-]{{3,30}}",
}  # fmt: skip


def engine() -> AnalyzerEngine:
    """Builds the engine for French, with what presidio ships for our types and a pattern for each of the others."""
    models = [{"lang_code": "fr", "model_name": "fr_core_news_sm"}]
    nlp = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    analyzer = AnalyzerEngine(nlp_engine=nlp, supported_languages=["fr"])
    shipped: list[Any] = [CreditCardRecognizer, EmailRecognizer, IbanRecognizer, IpRecognizer]
    for recogniser in shipped:
        analyzer.registry.add_recognizer(recogniser(supported_language="fr"))
    analyzer.registry.add_recognizer(PhoneRecognizer(supported_language="fr", supported_regions=["FR"]))
    for name, pattern in PATTERNS.items():
        patterns = [Pattern(name=name, regex=pattern, score=0.5)]
        analyzer.registry.add_recognizer(PatternRecognizer(name, patterns=patterns, supported_language="fr"))
    return analyzer


tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())  # would fetch a list for each e-mail
ANALYZER = engine()
ENTITIES = ["PERSON", "EMAIL_ADDRESS", "IBAN_CODE", "CREDIT_CARD", "IP_ADDRESS", "PHONE_NUMBER", *PATTERNS]


def find(text: str) -> Finds:
    """Finds all of our types but places."""
    return [(one.start, one.end) for one in ANALYZER.analyze(text, language="fr", entities=ENTITIES)]


if __name__ == "__main__":
    play(find)
