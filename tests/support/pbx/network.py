"""Addresses for one PBX and its phones, in a block of loopback of its own, so that several can run at once."""

import os
import socket
from dataclasses import dataclass
from typing import Self

SIP_PORT = 5060
AMI_PORT = 5038
RESERVATION_PORT = 5999


@dataclass(frozen=True)
class Network:
    """``127.<block>.0.0/16``: ports are the usual ones, the addresses differ from run to run."""

    block: int
    reservation: socket.socket

    @classmethod
    def reserve(cls) -> Self:
        """A block nobody else on this machine uses; held until ``release``.

        Raises:
            RuntimeError: all are taken.
        """
        first = 20 + os.getpid() % 200
        for step in range(200):
            block = 20 + (first - 20 + step) % 200
            held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                held.bind((f"127.{block}.0.250", RESERVATION_PORT))
            except OSError:
                held.close()
                continue
            network = cls(block, held)
            if network.is_free():
                return network
            network.release()
        raise RuntimeError("no free block of loopback addresses")

    def is_free(self) -> bool:
        """Whether nothing listens where the PBX is to listen: an Asterisk of a killed run might."""
        for kind, port in ((socket.SOCK_STREAM, AMI_PORT), (socket.SOCK_DGRAM, SIP_PORT)):
            with socket.socket(socket.AF_INET, kind) as tried:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(kind == socket.SOCK_STREAM))
                try:
                    tried.bind((self.pbx, port))
                except OSError:
                    return False
        return True

    def release(self) -> None:
        self.reservation.close()

    @property
    def prefix(self) -> str:
        """The first two numbers: ``127.23``."""
        return f"127.{self.block}"

    @property
    def pbx(self) -> str:
        return f"{self.prefix}.0.1"

    def trunk(self, number: int) -> str:
        """Address of the provider behind trunk-a (1), trunk-b (2)."""
        return f"{self.prefix}.0.{number + 1}"

    def phone(self, extension: str, device: int = 1) -> str:
        """Address of an extension's first or second device."""
        return f"{self.prefix}.{device}.{int(extension)}"
