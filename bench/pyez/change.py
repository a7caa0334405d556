"""Changes a switch with Juniper's PyEZ, as a careful script does: one session, lock, backup, load, diff, check, commit,
read-back, unlock. Each line of the standard input is a job: where, as whom, what to load, what to read back. Each line of
the output says how long it took, the opening of the session included."""

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")

from jnpr.junos import Device  # noqa: E402
from jnpr.junos.utils.config import Config  # noqa: E402
from lxml import etree  # noqa: E402

TIMEOUT_SECONDS = 120


def change(job):
    device = Device(
        host=job["host"],
        port=job["port"],
        user=job["username"],
        passwd=job["password"],
        gather_facts=False,
        normalize=False,
        hostkey_verify=False,
        ssh_config="/dev/null",
    )
    started = time.monotonic()
    device.open()
    device.timeout = TIMEOUT_SECONDS
    config = Config(device)
    config.lock()
    backup = device.rpc.get_config(options={"format": "text"})
    config.load("\n".join(job["lines"]), format="set")
    diff = config.diff()
    config.commit_check(timeout=TIMEOUT_SECONDS)
    config.commit(comment=job["comment"], timeout=TIMEOUT_SECONDS)
    read = device.rpc.get_config(filter_xml=etree.fromstring(job["filter"]), options={"database": "committed"})
    config.unlock()
    device.close()
    milliseconds = (time.monotonic() - started) * 1000
    found = etree.tostring(read, encoding="unicode")
    missing = [text for text in job["expected"] if text not in found]
    if missing or not diff or backup is None:
        raise RuntimeError(f"not committed: {missing[:3]}")
    return milliseconds


for line in sys.stdin:
    try:
        answer = {"ms": change(json.loads(line))}
    except Exception as error:  # pylint: disable=broad-except
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
