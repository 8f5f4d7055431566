"""What passwords are refused: length first, then what everybody tries. No rules about kinds of signs (NIST SP 800-63B,
section 5.1.1.2): they make passwords harder to remember and hardly harder to guess.
"""

import re
import unicodedata
from itertools import pairwise

from callfloor.errors import WeakPasswordError

MIN_LENGTH = 10
MAX_LENGTH = 256
"""Characters. The upper bound keeps a password from being a way to make us hash megabytes."""

_LEAST_KINDS = 5
"""Different signs in it, at least: ``aaaaaaaaaa`` and ``abababababab`` are no secrets."""

_LEET = str.maketrans("013457@$!|", "oieastasil")
_ENDS = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "йцукенгшщзхъфывапролджэячсмитьбю",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
)

COMMON = frozenset(
    """
    aaaaaa abracadabra access accessgranted admin admin123 adminadmin administrador administrator andrey android
    angel angels anniversary apple arsenal asd asdasd asdasdasd asdfgh asdfghjkl asshole asterisk autumn azerty
    babygirl banana barcelona bartek baseball basketball batman birthday blahblah blessed blink buttercup
    butterfly callcenter callcentre callfloor changeme changemenow changethis charlie cheese chelsea cherry
    chocolate christmas company computer contactcenter cookie correcthorsebatterystaple corvette december
    default defaultpassword diamond director dragon dupa dupadupa dynamo facebook february ferrari flower
    flowers football forever forever21 freedom freepbx friday fuckyou fuckyouall gfhjkm gfhjkmgfhjkm ghbdtn
    ginger godisgood golden goodbye goodmorning google guest guestguest haslo haslohaslo hasło heaven hello
    hellohello helloworld homesweethome honda honey hunter hunter2 iloveyou iloveyoubaby iloveyouso instagram
    internet issabel january jennifer jessica jesus jesuschrist jordan juventus kasia killer kirill kochanie
    krakow kyiv letmein lightning liverpool login loginlogin loveforever lovely loveyou manager manchester
    master matrix mercedes michael microsoft misiek monday monika monkey moskva mustang mylove mypassword
    natasha nfnfnf ninja nintendo noaccess nopassword nothing november october office opensesame operator orange
    parol parolparol passw0rd password password1 passwords passwort peanut pepper phoenix pineapple playstation
    pleasechange poiuytrewq pokemon polska porsche princess privet privetprivet purple qazwsx qazwsxedc qwe
    qweasd qweasdzxc qweqwe qweqweqwe qwerty qwertyuiop qwertz rainbow realmadrid root root123 rootroot russia
    samsung samurai secret secretpassword september sergey shadow silver slavaukraini solnyshko spartak
    spiderman spring startrek starwars strawberry summer summertime sunshine superadmin superman superuser
    supervisor sweetheart sweetie telefon telephone temp temporary temppassword test tester testing testpassword
    testtest thepassword thunder toor topsecret toyota trinity trustno trustnoone ukraina user username vladimir
    volleyball warszawa welcome welcomeback welcomehome whatever windows winter wsxedc yamaha yellow
    yourpassword ytrewq zaq zxc zxcvbn zxcvbnm zxczxc андрей владимир зайчик королева котенок любимая люблю
    любовь москва наташа пароль парольпароль привет приветпривет россия сергей славаукраїні солнышко украина
    україна
    """.split()  # noqa: SIM905 - a list of quoted words would be five times as long
)
"""What stands on top of every list of leaked passwords, without the digits and signs people put around it."""


def refuse_weak(password: str, *about: str) -> None:
    """Raise where a password is too easy to guess; ``about`` is what others know of its user: login, name, e-mail.

    Raises:
        WeakPasswordError: ``details["why"]`` is short, long, common, repeats or personal.
    """
    text = unicodedata.normalize("NFKC", password).casefold()
    if len(password) < MIN_LENGTH:
        raise WeakPasswordError(f"A password has at least {MIN_LENGTH} characters.", why="short", least=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        raise WeakPasswordError(f"A password has up to {MAX_LENGTH} characters.", why="long")
    if len(set(text)) < _LEAST_KINDS or _repeats(text):
        raise WeakPasswordError("The password repeats a few signs.", why="repeats")
    core = _ENDS.sub("", text)
    forms = {text, core, text.translate(_LEET), core.translate(_LEET), _ENDS.sub("", text.translate(_LEET))}
    if forms & COMMON or any(_is_row(form) for form in (text, core)):
        raise WeakPasswordError("The password is one of those that are tried first.", why="common")
    for known in about:
        for part in re.split(r"[\W_]+", unicodedata.normalize("NFKC", known).casefold()):
            # Theirs with digits and a few signs around it: anna.kowalska -> Kowalska-2024!
            if len(part) >= 4 and part in text and sum(sign.isalpha() for sign in text.replace(part, "")) < 4:
                raise WeakPasswordError("The password is made of the login, the name or the address.", why="personal")


def _repeats(text: str) -> bool:
    """Whether it is one short piece again and again: ``abcabcabcabc``."""
    return any(text == (text[:n] * (len(text) // n + 1))[: len(text)] for n in range(1, min(5, len(text) // 2 + 1)))


def _is_row(text: str) -> bool:
    """Whether it runs along a keyboard or an alphabet, there or back: most neighbours are neighbours there."""
    if len(text) < 6:
        return False
    for row in _ROWS:
        steps = {a + b for a, b in pairwise(row)} | {b + a for a, b in pairwise(row)}
        if sum(a + b in steps for a, b in pairwise(text)) >= (len(text) - 1) * 0.8:
            return True
    return False
