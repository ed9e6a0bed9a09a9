"""The process that looks after the serving processes, and the server for a machine on which there is but one."""

from __future__ import annotations

import socket

import uvicorn
from uvicorn.supervisors.multiprocess import Multiprocess

from tasks.inference.server.process.handover import SupervisorLock

ANSWER_SECONDS = 1.0


class Supervisor(Multiprocess):
    """Starts and replaces serving processes; says when all of them answer, so that a predecessor's can end."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket, claim: SupervisorLock) -> None:
        super().__init__(config, [listening])
        self._claim = claim
        self._is_announced = False

    def keep_subprocess_alive(self) -> None:
        """Replace what does not answer; called twice a second."""
        for process in self.processes:
            # Held open here too, it hides the end of the process: its answer would be waited for as if it hung.
            process.child_conn.close()
        super().keep_subprocess_alive()
        if not self._is_announced and all(process.is_ready(ANSWER_SECONDS) for process in self.processes):
            self._claim.announce()
            self._is_announced = True


class SingleProcessServer(uvicorn.Server):
    """Serves in this very process; when that is killed, nothing is left that could serve on."""

    def __init__(self, config: uvicorn.Config, claim: SupervisorLock) -> None:
        super().__init__(config)
        self._claim = claim

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        self._claim.announce()
