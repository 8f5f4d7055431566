"""One person's place: the phone, the seats in queues, and what the person does there besides calling.

Each act is a script. None begins while the person is in a call, and each leaves the place as it was found.
"""

import random

from callfloor.simulator.agenda import Script
from callfloor.simulator.channel import Contact, Endpoint
from callfloor.simulator.queues import Member, Queue
from callfloor.simulator.world import World

EXPIRY_CHECK_S = 30.0  # res_pjsip_registrar looks so often for contacts that have run out
QUALIFY_EVERY_S = 60.0
MOBILE = "79031112233"  # where calls are forwarded to


class Desk:
    """What one person may do."""

    def __init__(self, world: World, endpoint: Endpoint, rng: random.Random) -> None:
        self._world = world
        self._switch = world.switch
        self._endpoint = endpoint
        self.rng = rng

    @property
    def now(self) -> float:
        """The virtual clock, UTC epoch seconds."""
        return self._world.agenda.now

    @property
    def is_in_queues(self) -> bool:
        """Does the person serve any queue?"""
        return bool(self._seats(paused=True))

    # --- coming and going -------------------------------------------------------------------------------------

    def was_never_here(self) -> None:
        """The world begins without this person."""
        self._endpoint.attended = False
        self._switch.unregister(self._endpoint)

    def arrive(self) -> Script:
        """The phone first; a second device a little later."""
        first, *others = self._endpoint.known_contacts
        self._switch.sign_on(self._endpoint, first)
        self._endpoint.attended = True
        for contact in others:
            yield self.rng.uniform(3, 60)
            self._switch.sign_on(self._endpoint, contact)

    def leave(self, *, forgets: bool) -> Script:
        """Sign off after the last call; who forgets it leaves a phone that rings for nobody."""
        yield from self._finish()
        self._endpoint.attended = False
        if forgets:
            return
        first, *others = self._endpoint.known_contacts
        self._switch.sign_off(self._endpoint, first)
        for contact in others:
            yield self.rng.uniform(1, 12)
            self._switch.sign_off(self._endpoint, contact)

    def be_away(self, seconds: float) -> Script:
        """Signed off for a while: out of the house, or the computer is restarted."""
        yield from self.leave(forgets=False)
        yield seconds
        yield from self.arrive()

    # --- what is between --------------------------------------------------------------------------------------

    def take_break(self, reason: str, seconds: float) -> Script:
        """Paused in the queues, with the reason; who sits in none may ask for no calls, or lets it ring."""
        yield from self._finish()
        endpoint, seats = self._endpoint, self._seats()
        endpoint.attended = False
        for queue, member in seats:
            queue.pause(member, on=True, reason=reason)
        quiet = not seats and self.rng.random() < 0.4
        if quiet:
            self._switch.do_not_disturb(endpoint, on=True)
        yield seconds
        endpoint.attended = True
        for queue, member in seats:
            if member.paused and queue.members.get(member.interface) is member:  # a manager may have been there
                queue.pause(member, on=False)
        if quiet:
            self._switch.do_not_disturb(endpoint, on=False)

    def want_no_calls(self, seconds: float) -> Script:
        """Do-not-disturb by the feature code."""
        yield from self._finish()
        self._switch.do_not_disturb(self._endpoint, on=True)
        yield seconds
        self._switch.do_not_disturb(self._endpoint, on=False)

    def forward(self, seconds: float) -> Script:
        """Send the calls to a colleague or a mobile phone."""
        colleague = self.rng.choice(self._world.company.people).account
        to = self.rng.choice((colleague, MOBILE))
        self._endpoint.forward_to = MOBILE if to == self._endpoint.name else to
        yield seconds
        self._endpoint.forward_to = None

    def lose_network(self, seconds: float) -> Script:
        """The device is cut off for so long, or until its registration has run out: then it registers anew.

        Nothing is known of it before; one that is registered for an hour comes back unnoticed.
        """
        yield from self._finish()
        contact = self._endpoint.known_contacts[0]
        if not contact.registered or (contact.roundtrip_us is None and contact.lifetime_s > seconds):
            return
        self._switch.cut_off(contact)
        self._endpoint.attended = False
        if contact.roundtrip_us is not None:
            yield from self._unanswered(contact, seconds)
        else:
            yield from self._expired(contact, seconds)
        contact.cut_off_at = None
        self._endpoint.attended = True

    def _unanswered(self, contact: Contact, seconds: float) -> Script:
        yield self.rng.uniform(0, QUALIFY_EVERY_S)
        self._switch.qualify(self._endpoint, contact, answered=False)
        yield seconds
        self._switch.qualify(self._endpoint, contact, answered=True)

    def _expired(self, contact: Contact, seconds: float) -> Script:
        back_at = self.now + seconds
        yield contact.expires_at(self.now) - self.now + self.rng.uniform(0, EXPIRY_CHECK_S)
        self._switch.sign_off(self._endpoint, contact)
        yield max(20.0, back_at - self.now)
        self._switch.sign_on(self._endpoint, contact)

    # --- the phone --------------------------------------------------------------------------------------------

    def _finish(self) -> Script:
        """Wait until nothing rings, nothing is up, and nobody is about to call."""
        while self._is_wanted():
            yield self.rng.uniform(4, 20)

    def _is_wanted(self) -> bool:
        endpoint = self._endpoint
        return (
            endpoint.booked > 0
            or any(ch.endpoint == endpoint.name for ch in self._switch.channels.values())
            or any(member.reserved or member.incall for _, member in self._seats(paused=True))
        )

    def _seats(self, *, paused: bool = False) -> list[tuple[Queue, Member]]:
        return [
            (queue, member)
            for queue in self._switch.queues.values()
            for member in queue.members.values()
            if member.endpoint is self._endpoint and (paused or not member.paused)
        ]
