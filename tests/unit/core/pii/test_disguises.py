"""Personal data in disguise: look-alike signs, invisible characters, odd separators, addresses of pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.pii.plain import INVISIBLE, plain, squeezed
from streams.core.pii.scrub import scrub
from tests.unit.core.hostile import LIMIT_S, is_quick

PHONE = "06 12 34 56 78"
FULL_WIDTH, MATHEMATICAL, ARABIC, CIRCLED, RAISED = (
    str.maketrans("0123456789", digits)
    for digits in ("０１２３４５６７８９", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "٠١٢٣٤٥٦٧٨٩", "⓪①②③④⑤⑥⑦⑧⑨", "⁰¹²³⁴⁵⁶⁷⁸⁹")
)
KEYCAP = "\ufe0f\u20e3"
SEPARATORS = (
    "\u2009", "\u3000", "\u2028", "\u200b", "\u200c", "\u2060", "\u00ad", "\x00", "\u200b" * 5, "\u2009-\u200b",
    "\u2013", "\u2014", "\u2212", "\u2022", "\u00b7", ",", ", ", "*", ":", " : ", "|", " ; ", "=", "#", "+", "~",
    "\n", "\r\n", "\t", "     ", "\U0001f4de",
)  # fmt: skip


def keycaps(written: str) -> str:
    return "".join(sign + KEYCAP if sign.isdecimal() else sign for sign in written)


STRUCK = "".join(sign + "\u0336" for sign in PHONE)
PHONES = (
    *(PHONE.replace(" ", separator) for separator in SEPARATORS),
    *(PHONE.translate(digits) for digits in (FULL_WIDTH, MATHEMATICAL, ARABIC, CIRCLED, RAISED)),
    *(keycaps(written) for written in (PHONE, "0612345678", "0 6 1 2 3 4 5 6 7 8", "+33612345678", "+447700900123")),
    "06:12-34 56|78", "06\u2013 12,34*56\n78", "06,12;34.56 78", STRUCK,
    "(06) 12 34 56 78", "(06)12345678", "(06),12,34,56,78", "(0)6 12 34 56 78",
    "+33,6,12,34,56,78", "+33:6:12:34:56:78", "+33(0)6\u200b12 34 56 78", "(+33)\u20096 12 34 56 78",
    "\uff0b33 6 12 34 56 78", "+44\u20097700\u2013900\u200b123",
    "\u041e6 12 34 56 78", "0\u043112345678", "\u039f612345678", "06 12 \u04174 56 78", "06%2012%2034%2056%2078",
    "zéro\u2009six, douze; trente-quatre : 56\n78", "ze\u0301ro six 12 34 56 78",
)  # fmt: skip
EMAILS = (
    "jean.dupont＠free.fr", "ｊｄ＠ｆｒｅｅ．ｆｒ", "jd@free。fr", "𝐣𝐞𝐚𝐧@𝐟𝐫𝐞𝐞.𝐟𝐫", "je\u200ban.dupont@fr\u200bee.fr",
    "jean\u00ad@\u200bfree.\u200bfr", "jean\u200b [at] free point fr", "jean ［at］ free point fr", "jean%40free.fr",
    "j\u0435an@fr\u0435e.fr", "jean@@free.fr", "jean@free.f r", "jean/at/gmail.com",
)  # fmt: skip
IBANS = (
    "FR14\u200b2004 1010 0505 \u20600001 3M02 606", "FR14\u20132004\u20131010\u20130505\u20130001\u20133M02\u2013606",
    "F\u200bR14 2004 1010 0505 0001 3M02 606", "FR14\n2004\n1010\n0505\n0001\n3M02\n606",
    "FR14,2004,1010,0505,0001,3M02,606",
)  # fmt: skip
CARDS = (
    "4111\u200b1111\u200b1111\u200b1111", "41\u200b11 1111 1111\u20131111", "4111, 1111, 1111, 1111",
    "4111/1111/1111/1111", "5O19 7170 1O10 3742", "4111\n1111\n1111\n1111", "4111 1111 1111 1111".translate(FULL_WIDTH),
    keycaps("4111111111111111"),
)  # fmt: skip
NIRS = (
    "1850578006084\u200b91",
    "1 85 05\u200978 006 084 91",
    "1\u201385\u201305\u201378\u2013006\u2013084\u201391",
    "1\n85\n05\n78\n006\n084\n91",
    "1 85 05 78 006 084 91".translate(FULL_WIDTH),
    keycaps("185057800608491"),
)
MACHINES = (
    "203.0.113.\u200b64",
    "203.0.113.64".translate(FULL_WIDTH),
    "203.0.113[.]64",
    "01:23:45:67:89:10",
    "2001:db8:\u200b5d2f:8b11::2",
    "7A:B4:89:2D:1F:E5".translate(FULL_WIDTH),
)
ACCOUNTS = ("fbx\u200b20517736", "fbx20517736".translate(FULL_WIDTH), "\uff26\uff22\uff3820517736", "FM\u201331842665")
ADDRESSES = ("12\u00a0rue\u2009des Iris", "1\u200b2 rue des Ir\u200bis", "14 rue des Iris".translate(FULL_WIDTH))
HANDLES = ("＠jdupont", "@\u200bjdupont", "@jd\u200bupont", "@\u2060jdupont", "@e\u0301lodie")
AROUND = ("{}", "bonjour {} merci", "\u200b{}\u200b", "au {}.", "{}, vite")


@pytest.mark.parametrize("around", AROUND, ids=ascii)
@pytest.mark.parametrize(
    ("placeholder", "written"),
    [
        (placeholder, written)
        for placeholder, many in {
            "[PHONE_1]": PHONES, "[EMAIL_1]": EMAILS, "[IBAN_1]": IBANS, "[CARD_1]": CARDS, "@u1": HANDLES,
            "[NIR_1]": NIRS, "[IP_1]": MACHINES, "[ACCOUNT_1]": ACCOUNTS, "[ADDRESS_1]": ADDRESSES,
        }.items()
        for written in many
    ],
    ids=ascii,
)  # fmt: skip
def test_a_disguise_is_seen_through(around: str, placeholder: str, written: str) -> None:
    text = around.format(written)
    result = scrub(text)
    assert result.text == around.format(placeholder)
    assert [text[span.start : span.end] for span in result.spans] == [written]
    assert scrub(result.text).text == result.text


def test_a_number_in_disguise_is_the_same_number() -> None:
    text = f"{PHONE} ou {PHONE.translate(FULL_WIDTH)} ou {keycaps(PHONE)} ou 06,12,34,56,78"
    assert scrub(text).text == "[PHONE_1] ou [PHONE_1] ou [PHONE_1] ou [PHONE_1]"


def test_what_is_invisible_parts_two_numbers() -> None:
    assert scrub("0612345678\u200b0712345678\u200b3 fois").text == "[PHONE_1]\u200b[PHONE_2]\u200b3 fois"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("_06 12 34 56 78_", "_[PHONE_1]_"),
        ("tel_0612345678, tel:_06 12 34 56 78", "tel_[PHONE_1], tel:_[PHONE_1]"),
        ("06_12_34_56_78_", "[PHONE_1]_"),
        ("_jean@free.fr_ ou __+33612345678__", "_[EMAIL_1]_ ou __[PHONE_1]__"),
        ("né le _12/03/1984_, client _20517736_.", "né le _[DOB_1]_, client _[ACCOUNT_1]_."),
        ("[PHONE_0612345678]", "[PHONE_[PHONE_1]]"),
        ("[PHONE_06 12 34 56 78] [NIR_1]", "[PHONE_[PHONE_1]] [NIR_1]"),
        ("[IBAN_FR1420041010050500013M02606]", "[IBAN_[IBAN_1]]"),
        ("[CARD_4111111111111111]", "[CARD_[CARD_1]]"),
    ],
)
def test_an_underscore_hides_nothing(written: str, expected: str) -> None:
    assert scrub(written).text == expected
    assert scrub(expected).text == expected


@pytest.mark.parametrize("text", ["@free_1337 et [PHONE_1], [CARD_9999] de @u1", "modele_123456, WR_7_2024, a_1_b_2"])
def test_an_underscore_alone_makes_no_number(text: str) -> None:
    assert scrub(text).text == text


def test_a_dictated_number_needs_its_word() -> None:
    assert scrub("mon tel 06 et 39 et 98 et 12 et 44, merci").text == "mon tel [PHONE_1], merci"
    assert scrub("panne dans le 06 et 13 et 83 et 84 et 05").text == "panne dans le 06 et 13 et 83 et 84 et 05"


def test_mailto_stays() -> None:
    assert scrub("mailto:jean@free.fr").text == "mailto:[EMAIL_1]"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://twitter.com/jdupont/status/1", "https://twitter.com/@u1/status/1"),
        ("https://x.com/jdupont?s=20", "https://x.com/@u1?s=20"),
        ("mobile.twitter.com/#!/jdupont", "mobile.twitter.com/#!/@u1"),
        ("HTTPS://WWW.X.COM/JDupont, merci", "HTTPS://WWW.X.COM/@u1, merci"),
        ("twitter.com/intent/user?screen_name=jdupont", "twitter.com/intent/user?screen_name=@u1"),
        ("instagram.com/jean.dupont.", "instagram.com/@u1."),
        ("bsky.app/profile/jean.bsky.social", "bsky.app/profile/@u1"),
        ("tiktok.com/@jdupont/video/1", "tiktok.com/@u1/video/1"),
        ("x.com/jdu\u200bpont", "x.com/@u1"),
        ("x．com／jdupont", "x．com／@u1"),
        ("@jdupont https://x.com/JDupont", "@u1 https://x.com/@u1"),
    ],
)
def test_the_name_goes_from_the_address_of_a_page(written: str, expected: str) -> None:
    assert scrub(written).text == expected
    assert scrub(expected).text == expected


STAYS = {
    "hours": (
        "09:30 12:45 14:00 16:15", "de 09:30-12:45 puis 14:00", "06:15, 07:30, 08:45 et 09:10", "07:30 / 12:45 / 18:00",
        "01:23:45 06:07:08", "horaires 09:00-12:00 / 14:00-18:00", "06:00, 07:00, 08:00 : coupure",
    ),
    "dates": (
        "le 2024-06-05 06:30:12", "2024-05-12 06:30 puis 12", "le 12/06/2024 09:15 - 10:30", "le 05/06, 10:30-12:00",
        "01/02/23 10:30", "09:30 12/05/23", "les 05/06, 07/06, 08/06", "06/24, 07/24, 08/24, 09/24",
        "05/10/24 18:30-20:45", "années 2019, 2020, 2021, 2022", "2021/2022/2023/2024",
    ),
    "lists": (
        "01, 02, 03, 04, 05", "05, 10, 15, 20, 25", "06, 12, 34, 56, 78, 90", "90, 06, 12, 34, 56, 78",
        "0, 6, 1, 2, 3, 4, 5, 6, 7, 8", "ping 05, 12, 34 et 56 ms", "1\ufe0f\u20e3 débrancher 2\ufe0f\u20e3 attendre",
        "canal 01: TF1, 02: F2, 03: F3", "S01E05, S02E06, S03E07",
    ),
    "departments and postcodes": (
        "départements 01, 12, 33, 24, 05", "dans le 06, 13, 83, 84, 05", "les depts 06,13,83,84,05",
        "le 75, le 77, le 93, 94, 95 et 91", "75001, 13290, 69003, 33000",
    ),
    "prices and amounts": (
        "0,99 € puis 1,99 2,99 3,99", "05,99€ 12,99€ 15,99€ 29,99€", "+20, +30, +40 €",
        "de 20 à 30 %, 40 à 50, 60 à 70",
        "100 m² et 10⁹ octets",
    ),
    "speeds": ("débits 940/600, 500/250, 100/50 Mb/s", "RSSI -65, -72, -80, -91"),
    "scores": ("0-1, 2-1, 3-0, 1-2, 0-0",),
    "versions": ("version 4.2.1.10, 4.2.1.11", "maj 10.20.30.40 puis 4.9.2.1"),
    "service numbers": ("3244, 1044, 39 00, 3900", "08,92,12,34,56", "0\u200b800\u200b123\u200b456", "３２４４"),
    "addresses of pages": (
        "https://x.com/i/status/1", "https://twitter.com/free/status/1", "https://x.com/Free_1337", "＠Free",
        "https://twitter.com/search?q=free", "box.com/jdupont", "dropbox.com/s/abc", "https://t.me/joinchat/abc",
    ),
    "ornaments": (
        "▶️ ➡️ ⌚️ ⬇️ 12 34 56",
        "\u2764\ufe0f\u263a\ufe0f merci @Free\ufe0f", "abonné·e·s et client·e·s",
        "fin\u00adalement @f\u200bree",
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", [text for many in STAYS.values() for text in many], ids=ascii)
def test_what_only_looks_like_a_number_stays(text: str) -> None:
    assert scrub(text).text == text


DISGUISES = st.sampled_from([
    *PHONES, *EMAILS, *IBANS, *CARDS, *HANDLES, *NIRS, *MACHINES, *ACCOUNTS, *ADDRESSES, *(text for many in
    STAYS.values() for text in many), *SEPARATORS,
    "x.com/", "twitter.com/jd", "t.me/", "?via=", "screen_name=", "%40", "＠", "@u1", "[PHONE_1]", "[CARD_1]", "a.b",
    "0", "06", "６", "²", "①", "12", "(", ")", "+33", "et", "dans les", "dépt", ",", ":", "_", "/", ".", " ", KEYCAP,
    "\u0301", "\u202e", "\ud800", "\U000e0031",
])  # fmt: skip


@given(st.lists(DISGUISES, max_size=8).map("".join))
def test_scrubbing_twice_is_scrubbing_once(text: str) -> None:
    once = scrub(text)
    end = 0
    for span in once.spans:
        assert end <= span.start < span.end <= len(text)
        end = span.end
    assert scrub(once.text).text == once.text


def test_foreign_words_stay_foreign() -> None:
    assert plain("\u0430\u0431\u043e\u043d 12 \u041e\u043c") == "\u0430\u0431\u043e\u043d 12 \u041e\u043c"
    assert plain("10 \u03bcs") == "10 \u03bcs"


@given(st.text(alphabet="06aX @\u041e\u0431\u0417\u0441\u0438\u039f\u03bf\u24ea", max_size=12))
def test_look_alikes_are_made_plain_once_for_all(text: str) -> None:
    assert len(plain(text)) == len(text)
    assert plain(plain(text)) == plain(text)


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_the_plain_text_is_as_long(text: str) -> None:
    assert len(plain(text)) == len(text)
    assert plain(plain(text)) == plain(text)
    words, places = squeezed(plain(text))
    assert len(words) == len(places)
    assert INVISIBLE not in words


@given(st.text(alphabet=st.characters(max_codepoint=0x7E, min_codepoint=0x20)))
def test_an_ascii_text_comes_back_itself(text: str) -> None:
    assert plain(text) is text


HOSTILE = (
    *SEPARATORS, "0\u200b", "０", "６ ", "06,12,", "06:12:", "0\u2009", KEYCAP, "0" + KEYCAP, "06*", "(0", "(06)",
    "33 6",
    "x.com/", "x.com/a", "@\u200b", "a\u200b@b\u200b.", "\u0301", "FR14,", "4111,", "⓪", "⁰", "zéro,", "09:30 ", "0\n",
    "2019,", "06,12,34,56,78,", "06:12:34:56:78,", "06:12:34:56:78, 06,12,34,56,78,", "0612345678,", "05/06, ", "%40a.",
    "dans les 06,", "1", "9", "\u041e", "\u041e6", "%20", "06%20",
    "_1", "_1_", "1_", "[IP_", "jean_75 ", "a/at/", "@a.f ", "_", "0612345678 ", "&via=",
    "tour A, ", "rue A n° ", "n° 1 rue A ", "lieu-dit « ",
    "Ker A, ", "mas A, 1 ", "villa De La A ", "1 Le A ", "bp 1, ", "hameau A ", "rue A 1 ", "bat 1 appt ", "12 et 1 ",
    "1 rue A-", "1 rue à l'", "Etxe A ", "La Pins, ", "1 rue Aé, ", "12 Agass", "Ker", "lieu-dit A, ", "villa A, rue ",
    "tour a ", "villa 1, ", "porte 1 ", "résidence Les ", "cité U ", "maison De, 1 rue ", "n° 1, ",
    "06 I2 ", "O6l", "0|", "a ", "a b @ ", "a @ b c . ", "@ a ", "INT-1234, ", "INT-1", "INT-", ",01/02/1970", "118 ",
    "&token=", "&token=a", "n° ", "ref: ", "rio ", "ticket 1234567 et ", "1234567 ", "12 rue ", "12 rue du ", "bât A ",
    "résidence ", "lieu-dit ", "M. ", "Jean 12 rue de Paris 06 ", "rés les ", "bat ",
    "né le ", "née à ", "12 ans le ", "1.", "1.1.1.1 ", "ab:", "1::", "1 85 05 78 006 084 ", "1\u200b", "1\u00ad",
    "1\u2060", "1\u0301", "1" + KEYCAP, "185057800608491\u200b", "1850578006084\u200b", "0612345678\u200b",
    "4111111111111111\u200b", "192.0.2.54\u200b", "a@b.fr\u200b", "+33:6:12:34:56:78", "+32 470 12 34 56",
)  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE, ids=ascii)
@pytest.mark.parametrize("around", ["{}x", "06{}12 34 56 78", "061234567{}"])
def test_a_hostile_text_of_10_kb_takes_no_time(around: str, unit: str) -> None:
    text = around.format(unit * (10_000 // len(unit)))
    assert is_quick(lambda: scrub(text))


@pytest.mark.parametrize("unit", ["1\u200b", "1" + KEYCAP, "185057800608491\u200b", "+32 470 12 34 56"], ids=ascii)
def test_a_hostile_text_of_50_kb_takes_five_times_as_long(unit: str) -> None:
    text = unit * (50_000 // len(unit))
    assert is_quick(lambda: scrub(text), limit_s=5 * LIMIT_S)
