"""OpenStack's own client (python-openstackclient) in one process, for tests that need many of its commands.

Each line of standard input is a JSON list, such as ["port", "set", "--allowed-address", "ip-address=10.10.10.50", "<port>"].
It is run by the client's own shell with one login, as the client does when it is used interactively; each is answered
with a line {"status": 0, "error": "", "output": ""}. Login by the variables OS_*.
"""

import io
import json
import sys

from openstackclient import shell

answers = sys.stdout
sys.stdout = output = io.StringIO()
client = shell.OpenStackShell()


def carry_out(command, run):
    errors = io.StringIO()
    output.seek(0)
    output.truncate()
    sys.stderr = client.stderr = errors
    for handler in __import__("logging").getLogger("").handlers:
        if hasattr(handler, "setStream"):
            handler.setStream(errors)
    try:
        status = run(command)
    except SystemExit as end:
        status = end.code
    except Exception as error:  # what the client would print and end with
        status, _ = 1, errors.write(str(error))
    answers.write(json.dumps({"status": status or 0, "error": errors.getvalue()[-500:], "output": output.getvalue()}) + "\n")
    answers.flush()


carry_out(["network", "list"], client.run)
for line in sys.stdin:
    carry_out(json.loads(line), client.run_subcommand)
