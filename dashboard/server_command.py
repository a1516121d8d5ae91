"""What starts the dashboard's server: for the command line, and for the benchmark."""

from __future__ import annotations

import sys
from pathlib import Path

SERVER = Path(__file__).with_name("server.py")


def server_command(port: int) -> list[str]:
    """What starts the server of the workspace that LOYALTY_WORKSPACE names."""
    flags = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    quiet = ["--browser.gatherUsageStats=false"]
    # -P: a folder named data where the server is started must not stand in for the package.
    return [sys.executable, "-P", "-m", "streamlit", "run", str(SERVER), *flags, *quiet]
