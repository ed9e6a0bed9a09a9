"""How often letters beyond ASCII stand in texts of the languages that an encoding is used for."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache

_RARE = 1e-5
"""For a letter that a language does not have."""
_SYMBOLS = frozenset("€§°²³µ–—’‘“”„…«»‹›¿¡·×±½¼¾©®™ºª¹\xa0\xad•№")
_SYMBOL = 0.02
_NEVER, _CURRENCY_SIGN = 1e-9, "¤"
"""A sign that stands in no text but where ISO 8859-15 has the euro."""
_MONEY = frozenset("£¥¢")

_WESTERN = (
    "ü35 ä28 ö15 ß12 é3 à1",
    "é50 è12 à12 ê6 ç6 ô4 î3 â3 û2 ù2 œ2 ë1 ï1",
    "ó30 í22 á20 é15 ñ8 ú6 ü1",
    "ã22 ç17 á14 é14 í10 ó8 ê7 õ6 ú4 â3 à3 ô2",
    "ø40 å38 æ20 é2",
    "ä50 ö28 å22 é1",
    "à30 è25 ù15 ò15 é12 ì8",
    "ð20 á18 í15 ó10 ö9 æ8 þ7 é7 ú6 ý3",
    "ë45 é30 ï10 ö10 è3 ü2",
)
_CENTRAL = (
    "ł26 ę16 ą13 ó13 ż11 ś10 ć6 ń4 ź1",
    "í20 á17 ě12 é10 ř9 č8 ž8 š7 ý7 ů5 ú2 ť1 ď1 ň1 ó1",
    "á22 í14 é11 ý10 č11 ž9 š8 ú6 ľ5 ť4 ô2 ň2 ó1 ä1 ď1 ŕ0.3 ĺ0.3",
    "á30 é30 ö10 ó10 ő8 í5 ü5 ú3 ű2",
    "č30 š30 ž22 ć10 đ6",
    "ă35 î18 ş15 ţ15 â10",
)
_TURKISH = ("ı28 ş13 ü12 ç10 ğ10 ö8 İ4 â1",)
_RUSSIAN = (
    "о11 е8.5 а8 и7.4 н6.7 т6.3 с5.5 р4.7 в4.5 л4.3 к3.5 м3.2 д3 п2.8 у2.6 я2 ы1.9 ь1.7 г1.7 з1.6 б1.6 "
    "ч1.5 й1.2 х1 ж0.9 "
    "ш0.7 ю0.6 ц0.5 щ0.4 э0.3 ф0.3 ъ0.05 ё0.05",
    "о9.4 а8.3 н6.9 и6.3 і5.7 в5.3 р5 т4.9 е4.6 с4.2 к3.9 л3.6 у3.3 д3.3 м3.1 п2.8 з2.3 я2.2 ь2 б1.8 "
    "г1.5 ч1.4 й1.3 х1.2 "
    "ц0.9 ж0.9 ш0.8 ї0.7 ю0.7 є0.5 щ0.4 ф0.3 ґ0.02",
)
_GREEK = (
    "α10 ο8 ι7 τ7.5 ε7 ν6 σ4.5 η4.5 ρ4.3 π4 κ4 ς4 μ3.3 λ3 υ3 ό2.3 ί2.5 ά2.3 δ1.8 ω1.8 γ1.7 έ1.8 θ1.2 "
    "ή1.6 ύ0.9 χ1 φ0.8 ώ0.8 β0.7 "
    "ξ0.4 ζ0.4 ψ0.2 ϊ0.1",
)
_BALTIC = (
    "ė20 š15 ž12 ų11 ą10 ū8 į8 č6 ę4",
    "ā30 ī15 ē12 š8 ū5 ņ5 ļ5 ž4 ķ3 č2 ģ1.5",
    "ä30 õ30 ü25 ö8 š2 ž1",
)
_HEBREW = (
    "י11 ו10.5 ה9.5 ל7.5 א6.5 ר5.5 ת5.5 מ5.5 ב5 ש4.5 נ3.5 ם3 ד3 ע3 ח2.5 ק2 פ2 כ2 ס1.5 ן1.5 ט1.3 ג1.3 "
    "ז1.3 צ1.2 ך0.8 ף0.3 "
    "ץ0.2",
)
_ARABIC = (
    "ا15 ل12 ي7.5 م6.5 ن6 و6 ر5.5 ت4.5 ب4 ة3.5 ع3.5 د3.5 س3 ف3 ه3 ك2.5 أ2.5 ق2.3 ح2 ج1.5 ش1.3 ص1.2 ط1 خ1 "
    "ى0.9 إ0.9 ض0.8 "
    "ز0.8 ذ0.7 ث0.6 غ0.6 ئ0.5 ء0.5 ظ0.3 ؤ0.2 آ0.2",
)
ALPHABETS: Mapping[str, tuple[str, ...]] = {
    "windows-1252": _WESTERN,
    "iso-8859-15": _WESTERN,
    "mac-roman": _WESTERN,
    "cp850": _WESTERN,
    "cp852": _CENTRAL,
    "windows-1250": _CENTRAL,
    "iso-8859-2": _CENTRAL,
    "windows-1254": _TURKISH,
    "windows-1253": _GREEK,
    "windows-1255": _HEBREW,
    "windows-1256": _ARABIC,
    "windows-1257": _BALTIC,
    "windows-1251": _RUSSIAN,
    "koi8-r": _RUSSIAN[:1],
    "cp866": _RUSSIAN[:1],
}
"""Encoding to letters with their shares in per cent, one text for each language."""
_OWN_SCRIPT = frozenset({"windows-1253", "windows-1255", "windows-1256", "windows-1251", "koi8-r", "cp866"})
"""Encodings whose languages write no word with letters of ASCII."""

_SIMPLE = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面"
    "起看定天分还进好小部其些主样理心她本前开但因只从想实日月号元价格数量名称城市省区县街路北京海广州深圳成杭武汉西安南重庆东苏江浙湖河山川福建云贵黑龙"
    "辽吉林徽陕甘青宁夏新疆藏港澳台门男女未知否店商品类型客户订单编姓电话地址金额总计合销售收入支付状态已完待退款公司部备注状期间时分秒张王李赵刘陈杨黄周吴"
    "是无高低良优差百千万亿件台箱个只双套红绿蓝白黄第二三四五六七八九十零"
)
_TRADITIONAL = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經去法學如都同現當沒動面"
    "起看定天分還進好小部其些主樣理心她本前開但因只從想實日月號元價格數量名稱城市省區縣街路臺台北高雄中新竹南東西港澳門香九龍灣男女未知否店商品類型客戶訂單"
    "編姓電話地址金額總計合銷售收入支付狀態已完待退款公司部備註期間分秒張王李趙劉陳楊黃周吳林蔡無低良優差百千萬億件箱雙套紅綠藍白第二三四五六七八十零"
)
_JAPANESE = (
    "日一国人年大十二本中長出三時行見月後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電校語土木聞食車何南万毎白天母火右読友左"
    "休父雨都道府県市区町村京阪神奈川埼玉葉愛知福岡海名古屋横浜仙台広島札幌価格数量商品番号住所氏会社店舗売上計合料注文客顧担当部課種類型状況完了未済有無性別"
    "齢歳田中佐藤鈴木高橋渡辺伊山本村小林加吉松井新規登録更備考単個点円税込送費用地方島岩手宮城秋形茨栃群馬富石梨岐阜静三重滋賀兵庫良和歌取根徳香媛賀崎熊分児沖縄"
)
_KOREAN = (
    "이다에의는로하을가고지서한은기으년대사시를리도인스일자어나라아해전정수주부상보제원구성장여있그과조위게거면동국소공제마만미중경세신방문명회물유안들관화치"
    "계오우무산생선진학행금비연통용월울남북강광천포충청라평영창식품번호격량별형태종류점고객담당완료결매출총합액단격건명항목코드등록"
)
COMMON: Mapping[str, frozenset[str]] = {
    "gb18030": frozenset(_SIMPLE),
    "big5": frozenset(_TRADITIONAL),
    "shift_jis": frozenset(_JAPANESE),
    "euc-jp": frozenset(_JAPANESE),
    "euc-kr": frozenset(_KOREAN),
}
"""Encoding to signs that are frequent in what is written in it."""
_COMMON_SHARE, _LISTED_SHARE = 0.75, 0.2
_KANA_SHARE = 0.4
_PUNCTUATION = re.compile(r"[\u3000-\u303f\uff01-\uff5e]")
_KANA = re.compile(r"[\u3041-\u30ff]")
_LISTED = {"gb18030": ("gb2312", 0xB0, 0xD7), "big5": ("big5", 0xA4, 0xC6), "euc-kr": ("euc_kr", 0xB0, 0xC8)}
"""Encoding to the one of its signs in use, and the first bytes of these."""
_WORD = re.compile(r"[^\W\d_]+")
_SIGN_IN_WORD = re.compile(r"[A-Za-z][^\x00-\x7f](?=[a-z])")
_ODD_PLACE = re.compile(
    r"[£¥¢](?=[^\W\d_])|(?<=[^\W\d_])[£¥¢]"  # signs of money beside letters
    r"|(?<=[^\W\d_])[^\w\s’‘·\x00-\x7f](?=[^\W\d_])"  # any but an apostrophe within a word
    r"|[^\W\d_\x00-\x7f](?=\d)"  # a letter before a digit
)


def likelihood(words: frozenset[str], encoding: str) -> tuple[float, int]:
    """Return how likely it is that words are what somebody wrote, as a logarithm, and their letters beyond ASCII.

    Args:
        words: Each once, with at least one such letter.
        encoding: What they were decoded from.
    """
    letters = Counter(letter for word in words for letter in word if letter > "\x7f")
    count = sum(letters.values())
    if encoding in COMMON:
        strangeness = 4.0 * sum(len(_SIGN_IN_WORD.findall(word)) for word in words)
        return sum(n * _of_sign(sign, encoding) for sign, n in letters.items()) - strangeness, count
    best = max(_of_language(letters, language) for language in _languages(encoding))
    strangeness = sum(_strangeness(word, is_alone=encoding in _OWN_SCRIPT) for word in words)
    return best - strangeness, count


@cache
def _languages(encoding: str) -> tuple[Mapping[str, float], ...]:
    tables = []
    for language in ALPHABETS[encoding]:
        shares = {one[0]: float(one[1:]) for one in language.split()}
        total = sum(shares.values()) * (1 + len(_SYMBOLS) * _SYMBOL / 10)
        tables.append({letter: math.log(share / total) for letter, share in shares.items()})
    return tuple(tables)


def _of_language(letters: Mapping[str, int], shares: Mapping[str, float]) -> float:
    rare, symbol = math.log(_RARE), math.log(_SYMBOL)
    total = 0.0
    for letter, n in letters.items():
        if letter == _CURRENCY_SIGN:
            total += n * math.log(_NEVER)
            continue
        known = shares.get(letter, shares.get(letter.lower()))
        total += n * (symbol if known is None and letter in _SYMBOLS | _MONEY else rare if known is None else known)
    return total


def _strangeness(text: str, *, is_alone: bool) -> float:
    """Return how odd the form of a word is: capitals behind small letters, letters of two scripts, accents in a row."""
    odd = 0.0
    for word in _WORD.findall(text):
        foreign = [letter > "\x7f" for letter in word]
        if not any(foreign):
            continue
        odd += 4 * sum(
            a.islower() and b.isupper() and (a > "\x7f" or b > "\x7f") for a, b in zip(word, word[1:], strict=False)
        )
        if is_alone:
            odd += (1.0 if word.isupper() else 0.0) if all(foreign) else 5.0
        elif "".join("x" if one else " " for one in foreign).find("xxxx") >= 0:
            odd += 6
    return odd + 5 * len(_ODD_PLACE.findall(text))


@cache
def _of_sign(sign: str, encoding: str) -> float:
    common = COMMON[encoding]
    if sign in common:
        return math.log(_COMMON_SHARE / len(common))
    if _PUNCTUATION.match(sign):
        return math.log(0.001)
    if encoding in {"shift_jis", "euc-jp"} and _KANA.match(sign):
        return math.log(_KANA_SHARE / 100)
    return math.log(_LISTED_SHARE / 3000) if _is_listed(sign, encoding) else math.log(_RARE) - 2


def _is_listed(sign: str, encoding: str) -> bool:
    """Return whether a sign is among the few thousand in use."""
    if encoding in {"shift_jis", "euc-jp"}:
        name, low, high = "euc_jp", 0xB0, 0xCF
    else:
        name, low, high = _LISTED[encoding]
    try:
        data = sign.encode(name)
    except UnicodeEncodeError:
        return False
    return len(data) == 2 and low <= data[0] <= high
