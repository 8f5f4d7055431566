"""A PBX that speaks AMI: to try the product, to show it, and to load it. Knows only the AMI codec.

``Simulator`` runs a living company on a socket; ``history`` tells its last days; ``play`` repeats one recorded
scenario; ``directory`` says who works there.
"""

from callfloor.simulator.company import CompanyDirectory, demo_company, directory_of
from callfloor.simulator.history import history
from callfloor.simulator.scenarios import SCENARIOS, play
from callfloor.simulator.server import Simulator

__all__ = ["SCENARIOS", "CompanyDirectory", "Simulator", "directory", "history", "play"]


def directory(*, employees: int = 40, seed: int = 1) -> CompanyDirectory:
    """The company of the same size and seed: departments, employees, queues, numbers with their schemes."""
    return directory_of(demo_company(employees, seed))
