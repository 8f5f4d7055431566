"""Letters to users about their accounts: a one-time link by which a password is set. Sent at once, and once."""

import secrets
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from callfloor.errors import LetterNotSentError
from callfloor.reports.mail import Outcome, SmtpServer, letter, send

_INVITATION: Final = {
    "en": (
        "Your account in Callfloor",
        "Hello {name},\n\nan account was made for you in Callfloor. Your login is {login}.\n\n"
        "Choose your password here:\n{link}\n\n"
        "The link can be used once, until {until}. If you expected no such letter, you can leave it alone.\n",
    ),
    "ru": (
        "Ваша учётная запись в Callfloor",
        "Здравствуйте, {name}!\n\nДля вас создана учётная запись в Callfloor. Ваш логин: {login}.\n\n"
        "Задайте пароль по этой ссылке:\n{link}\n\n"
        "Ссылка действует один раз, до {until}. Если вы не ждали этого письма, просто не отвечайте на него.\n",
    ),
    "pl": (
        "Twoje konto w Callfloor",
        "Dzień dobry, {name},\n\nutworzono dla Ciebie konto w Callfloor. Twój login to {login}.\n\n"
        "Ustaw hasło tutaj:\n{link}\n\n"
        "Odnośnik działa jeden raz, do {until}. Jeśli to pomyłka, zignoruj tę wiadomość.\n",
    ),
    "uk": (
        "Ваш обліковий запис у Callfloor",
        "Вітаємо, {name}!\n\nДля вас створено обліковий запис у Callfloor. Ваш логін: {login}.\n\n"
        "Задайте пароль за цим посиланням:\n{link}\n\n"
        "Посилання діє один раз, до {until}. Якщо ви не чекали на цей лист, просто не зважайте на нього.\n",
    ),
}
_RESET: Final = {
    "en": (
        "Another password for Callfloor",
        "Hello {name},\n\nsomebody, perhaps you, asked for another password of the login {login} in Callfloor.\n\n"
        "Choose it here:\n{link}\n\n"
        "The link can be used once, until {until}. If it was not you, leave this letter alone: nothing has changed.\n",
    ),
    "ru": (
        "Новый пароль для Callfloor",
        "Здравствуйте, {name}!\n\nКто-то, возможно вы, запросил новый пароль для логина {login} в Callfloor.\n\n"
        "Задайте его по этой ссылке:\n{link}\n\n"
        "Ссылка действует один раз, до {until}. Если это были не вы, ничего не делайте: пароль остался прежним.\n",
    ),
    "pl": (
        "Nowe hasło do Callfloor",
        "Dzień dobry, {name},\n\nktoś, być może Ty, poprosił o nowe hasło dla loginu {login} w Callfloor.\n\n"
        "Ustaw je tutaj:\n{link}\n\n"
        "Odnośnik działa jeden raz, do {until}. Jeśli to nie Ty, zignoruj tę wiadomość: nic się nie zmieniło.\n",
    ),
    "uk": (
        "Новий пароль для Callfloor",
        "Вітаємо, {name}!\n\nХтось, можливо ви, попросив новий пароль для логіна {login} у Callfloor.\n\n"
        "Задайте його за цим посиланням:\n{link}\n\n"
        "Посилання діє один раз, до {until}. Якщо це були не ви, нічого не робіть: пароль лишився тим самим.\n",
    ),
}


class AccountLetters:
    """Sends them by a mail server."""

    def __init__(self, server: SmtpServer, *, clock: Callable[[], float], trust: ssl.SSLContext | None = None) -> None:
        """``trust`` is for servers whose certificate a private authority signed."""
        self._server, self._clock, self._trust = server, clock, trust

    async def send_link(
        self, *, to: str, name: str, login: str, link: str, invitation: bool, expires_at: float, language: str
    ) -> None:
        """Send a one-time link, now.

        Raises:
            LetterNotSentError: the mail server refused, or could not be reached; the message has its words.
        """
        words = _INVITATION if invitation else _RESET
        language = language if language in words else "en"
        subject, text = words[language]
        until = f"{datetime.fromtimestamp(expires_at, UTC):%Y-%m-%d %H:%M} UTC"
        message = letter(
            self._server,
            to=to,
            subject=subject,
            text=text.format(name=name, login=login, link=link, until=until),
            language=language,
            now=self._clock(),
            message_id=f"callfloor-account-{secrets.token_hex(12)}",
            attachment=None,
        )
        attempt = await send(self._server, message, to=to, trust=self._trust)
        if attempt.outcome is not Outcome.SENT:
            raise LetterNotSentError(f"The mail server did not take the letter: {attempt.words}")
