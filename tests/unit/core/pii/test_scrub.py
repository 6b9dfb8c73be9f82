"""The scrubber: what must go goes, what must stay stays, and no string upsets it."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.core.pii.pseudonyms import Pseudonyms
from streams.core.pii.scrub import scrub
from streams.core.pii.spans import PiiType

GONE = {
    PiiType.PHONE: (
        "06 12 34 56 78", "0612345678", "06.12.34.56.78", "06-12-34-56-78", "06/12/34/56/78", "0 612 345 678",
        "+33612345678", "+33 6 12 34 56 78", "+33 (0)6 12 34 56 78", "(+33) 6 12 34 56 78", "0033 6 12 34 56 78",
        "01 23 45 67 89", "09 87 65 43 21", "O6 12 34 56 78", "06\u00a012\u00a034\u00a056\u00a078",
        "+44 7700 900 123", "+32 470 12 34 56", "00 352 621 123 456", "+590 690 12 34 56", "zéro six 12 34 56 78",
        "zero six douze trente-quatre cinquante-six soixante-dix-huit", "06 12 trente quatre 56 78",
        "06 12 34 56 quatre-vingt-dix-neuf",
    ),
    PiiType.EMAIL: (
        "jean.dupont@example.fr", "JEAN@EXAMPLE.FR", "a+b_c-d@sous.domaine.example.com", "été@example.fr",
        "jean [at] example point fr", "jean(at)example.fr", "jean (a) example.com", "jean arobase example point com",
        "jean.d AT example DOT com", "jean chez example point fr", "jean @ example . fr", "jean{at}example{dot}fr",
        "jean [at] example [point] fr", "jean@ example.fr",
    ),
    PiiType.IBAN: (
        "FR1420041010050500013M02606", "FR14 2004 1010 0505 0001 3M02 606", "fr14 2004 1010 0505 0001 3m02 606",
        "FR14-2004-1010-0505-0001-3M02-606", "DE89 3704 0044 0532 0130 00", "BE68539007547034",
        "FR15 2004 1010 0505 0001 3M02 606",  # mistyped: the checksum is wrong
    ),
    PiiType.CARD: (
        "4111 1111 1111 1111", "4111111111111111", "5555-5555-5555-4444", "3782 822463 10005", "4111.1111.1111.1111",
    ),
    PiiType.HANDLE: (
        "@quelquun_75", "@jean.dupont.bsky.social", "@jeanne@example.social", "@Élodie",
    ),
}  # fmt: skip
STAYS = (
    "j'ai appelé le 3244 puis le 1044, rien",
    "le 39 00 ne répond pas, le 3900 non plus",
    "appelez le 0 800 123 456 ou le 08 92 12 34 56",
    "facturé 29,99 € puis 1 234 567,89 € le 12/05/2023",
    "panne du 01/02/2023 au 03.02.2023, de 08:00 à 18h30",
    "940 Mbit/s en descente, 600 en montée, ping 8 ms",
    "erreur 38 et code S-1044 sur le Player Pop, canal 82",
    "commande 123456789 du 2023-05-12",
    "75001 Paris, 13290 Aix, le 77 et le 93",
    "60 000 000 d'abonnés en 2 024",
    "merci @Free @Freebox @free_1337 @SFR et @UFCquechoisir",
    "merci @Free. Me voilà sans réseau",
    "zéro réseau depuis six jours, un deux trois quatre",
    "je suis chez free point de vue réseau c'est nul",
    "rdv @ 14h30 ou @14h",
    "panne (a) du mobile. De la fibre aussi",
    "0000 0000 0000 0000",
    "@_@ pas de 4G",
    "version 4.2.1.10 du firmware 1.5.28",
    "https://t.co/a1B2c3D4e5",
)


@pytest.mark.parametrize(
    ("kind", "written"), [(kind, written) for kind, many in GONE.items() for written in many], ids=str
)
@pytest.mark.parametrize("around", ["{}", "bonjour {} merci", "joignable au {}.", "({}), vite", "tel:{}\nmerci"])
def test_what_must_go_goes(kind: PiiType, written: str, around: str) -> None:
    text = around.format(written)
    result = scrub(text)
    assert result.text == around.format("@u1" if kind is PiiType.HANDLE else f"[{kind}_1]")
    assert [(span.type, text[span.start : span.end]) for span in result.spans] == [(kind, written)]


@pytest.mark.parametrize("text", STAYS)
def test_what_must_stay_stays(text: str) -> None:
    assert scrub(text).text == text


def test_the_same_value_has_the_same_number() -> None:
    text = "06 12 34 56 78 ou +33612345678 ou 07 12 34 56 78, dites-le à @Moi_x et @moi_x, pas à @toi_x"
    assert scrub(text).text == "[PHONE_1] ou [PHONE_1] ou [PHONE_2], dites-le à @u1 et @u1, pas à @u2"


def test_spans_stand_in_the_order_of_the_text() -> None:
    text = "@moi_x 06 12 34 56 78 a@example.fr @toi_x"
    assert [span.start for span in scrub(text).spans] == [0, 7, 22, 35]


def test_a_tweet_and_its_context_share_numbers() -> None:
    shared = Pseudonyms()
    assert scrub("appelle @toi_x au 06 12 34 56 78", pseudonyms=shared).text == "appelle @u1 au [PHONE_1]"
    assert scrub("@moi_x c'est 0612345678 ou 0712345678", pseudonyms=shared).text == "@u2 c'est [PHONE_1] ou [PHONE_2]"


def test_a_placeholder_that_the_text_holds_is_not_given_again() -> None:
    assert scrub("[PHONE_1] et @u1 au 06 12 34 56 78 de @moi_x").text == "[PHONE_1] et @u1 au [PHONE_2] de @u2"


def test_a_handle_that_begins_like_a_placeholder_is_a_handle() -> None:
    assert scrub("merci @u12345").text == "merci @u2"


def test_the_keep_list_is_an_argument() -> None:
    assert scrub("@Mairie_X @free", frozenset({"mairie_x"})).text == "@Mairie_X @u1"


PIECES = st.sampled_from([
    *(written for many in GONE.values() for written in many), *STAYS, "@", ".", "[", "]", "(at)", " point ", "chez",
    "fr", "06", "+33", "00", "FR76", "0", "-", "_", "@u1", "[PHONE_1]", "[EMAIL_12]", "O", "zéro", "six", "\ud800",
])  # fmt: skip
GLUE = st.sampled_from(["", " ", "\n", ".", "@", "-", "_"])


@given(st.lists(st.tuples(PIECES, GLUE), max_size=7).map(lambda parts: "".join(a + b for a, b in parts)))
@example("a@@moi_x.fr")
def test_scrubbing_twice_is_scrubbing_once(text: str) -> None:
    once = scrub(text)
    assert scrub(once.text).text == once.text


@given(st.text(alphabet=st.characters(exclude_categories=())))
@example("\ud800@\udfff.fr 06\ud80012345678")
@example("zéro \u017fix 12 34 56 78, z\u00c9ro d\u0130x")
def test_no_string_makes_it_raise(text: str) -> None:
    result = scrub(text)
    end = 0
    for span in result.spans:
        assert end <= span.start < span.end <= len(text)
        end = span.end
    if not result.spans:
        assert result.text is text


HOSTILE = (
    "@", "@a.", "a.", "a.a@b.", "1 ", "0", "06 12 ", "+33 ", "00 ", "FR76 3324 4016 ", "4970 1091 ", "(", "[at] ",
    "[a] a. ", " a at a point ", " arobase a.", "zéro six ", "0612 dix ", "quatre-vingt ", "a-a_", " @ a . ", "]", "é",
    "+1 (", "[ a ] b . ", "@a@b.", "vingt et un 0 6 ",
)  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_hostile_text_of_10_kb_takes_no_time(unit: str) -> None:
    text = unit * (10_000 // len(unit)) + "x"
    started = time.process_time()
    scrub(text)
    assert time.process_time() - started < 0.05
