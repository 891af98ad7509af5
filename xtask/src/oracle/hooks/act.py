"""Carries out the shell steps of a pipeline's file as its runner does: each with bash, values as variables, from one folder.

    act.py github ACTION.YML NAME=VALUE...   the steps of a composite action; NAME=VALUE are its inputs
    act.py azure STEPS.YML NAME=VALUE...     steps; NAME=VALUE are the parameter `variables`
    act.py gitlab JOBS.YML JOB               the scripts of a job

Must not: know what the steps are for.
"""

import os
import re
import subprocess
import sys

import yaml


def run(script, variables, options):
    sys.stdout.flush()
    environment = {**os.environ, **{name: str(value) for name, value in variables.items()}}
    # A file, as runners do it: so a step may read its standard input.
    with open("step.sh", "w", encoding="utf-8") as file:
        file.write(script)
    code = subprocess.run(["bash", *options, "step.sh"], env=environment, check=False).returncode
    os.remove("step.sh")
    if code:
        sys.exit(code)


def github(action, given):
    unknown = set(given) - set(action["inputs"])
    assert not unknown, f"no such input: {unknown}"
    inputs = {name: given.get(name, spec.get("default", "")) for name, spec in action["inputs"].items()}
    context = {f"inputs.{name}": value for name, value in inputs.items()}
    context["github.action_path"] = os.environ["ACTION_PATH"]

    def value(text):
        return re.sub(r"\$\{\{ *([\w.]+) *\}\}", lambda found: context[found[1]], text)

    for step in action["runs"]["steps"]:
        assert step["shell"] == "bash" and "${{" not in step["run"], "an expression in a script is read as one"
        condition = step.get("if", "true == 'true'").split(" == ")
        if len(condition) == 2 and context.get(condition[0], "true") != condition[1].strip("'"):
            continue
        variables = {name: value(text) for name, text in step.get("env", {}).items()}
        # https://docs.github.com: bash --noprofile --norc -eo pipefail {0}
        run(step["run"], variables, ["--noprofile", "--norc", "-eo", "pipefail"])


def azure(steps, given):
    parameters = {parameter["name"]: parameter["default"] for parameter in steps["parameters"]}
    for step in steps["steps"]:
        variables = {}
        for name, text in step["env"].items():
            if name == "${{ insert }}":
                variables |= given
            else:
                variables[name] = re.sub(r"\$\{\{ parameters\.(\w+) \}\}", lambda found: parameters[found[1]], text)
        run(step["bash"], variables, ["--noprofile", "--norc"])


def gitlab(jobs, name):
    job = jobs[name]
    lines = job.get("before_script", []) + job["script"]
    run("set -eo pipefail\n" + "\n".join(lines), job["variables"], [])


kind, path, *rest = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    document = yaml.safe_load(file)
if kind == "gitlab":
    gitlab(document, *rest)
else:
    {"github": github, "azure": azure}[kind](document, dict(pair.split("=", 1) for pair in rest))
