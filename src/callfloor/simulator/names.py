"""Names of people and devices, and the numbers that call: made up, in the proportions of a real company."""

import random

PEOPLE = [
    "Анна Соколова", "Дмитрий Орлов", "Екатерина Белова", "Сергей Кузнецов", "Мария Волкова", "Алексей Морозов",
    "Ольга Лебедева", "Павел Новиков", "Татьяна Егорова", "Игорь Фролов", "Наталья Громова", "Роман Сафонов",
    "Олена Коваленко", "Андрій Шевченко", "Ірина Бондаренко", "Тарас Мельник", "Наталія Кравчук", "Богдан Ткаченко",
    "Юлія Гончаренко", "Максим Савчук", "Оксана Лисенко", "Віталій Поліщук", "Anna Kowalska", "Piotr Wiśniewski",
    "Katarzyna Zielińska", "Tomasz Lewandowski", "Magdalena Wójcik", "Michał Kamiński", "Agnieszka Szymańska",
    "Łukasz Dąbrowski", "Joanna Król", "Paweł Jabłoński", "James Carter", "Emily Turner", "Oliver Bennett",
    "Sophie Clarke", "Daniel Hughes", "Grace Mitchell", "Liam Foster", "Chloe Parker", "Светлана Ильина",
    "Виктор Панин", "Людмила Захарова", "Артём Беляев", "Марина Котова", "Ярослав Дорошенко", "Світлана Руденко",
    "Євген Олійник", "Marek Nowak", "Ewa Pawlak", "Krzysztof Zając", "Hannah Wright", "Thomas Reed", "Olivia Shaw",
]  # fmt: skip

DEVICES = [
    "Yealink SIP-T46S 66.85.0.5", "Yealink SIP-T31P 124.86.0.75", "Grandstream GXP2170 1.0.11.48",
    "snomD785/10.1.73.16",
    "Fanvil X4U 2.12.1", "Cisco/SPA504G-7.6.2", "MicroSIP/3.21.3", "Bria 6.5.1", "PhonerLite 3.20",
    "Zoiper rv2.10.20.2", "LinphoneAndroid/5.2.0 (Pixel 7)", "Acrobits Softphone/6.3 (iPhone)", "JsSIP 3.10.0",
]  # fmt: skip

_COUNTRIES = (("7916", 7, 28), ("7903", 7, 18), ("7812", 7, 8), ("38067", 7, 14), ("38050", 7, 8), ("48601", 6, 10),
              ("48512", 6, 4), ("4477", 8, 5), ("49151", 8, 3), ("7701", 7, 2))  # fmt: skip


class Clients:
    """A pool of returning callers, some of them known by name, a few of them nobody knows."""

    def __init__(self, rng: random.Random, size: int = 900) -> None:
        self._rng = rng
        prefixes = [c[0] for c in _COUNTRIES]
        digits = {c[0]: c[1] for c in _COUNTRIES}
        weights = [c[2] for c in _COUNTRIES]
        self._numbers = [
            prefix + "".join(str(rng.randrange(10)) for _ in range(digits[prefix]))
            for prefix in rng.choices(prefixes, weights, k=size)
        ]

    def caller(self) -> tuple[str, str]:
        """A number and a display name: anonymous one time in thirty, some of them far more often than others."""
        roll = self._rng.random()
        if roll < 0.02:
            return "anonymous", "Anonymous"
        if roll < 0.033:
            return "", ""
        return self.number(), ""

    def number(self) -> str:
        """One that can be dialled."""
        return self._numbers[int(len(self._numbers) * self._rng.random() ** 2)]
