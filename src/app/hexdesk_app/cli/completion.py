"""`hexdesk completion`."""

import click
from click.shell_completion import get_completion_class

from hexdesk.errors import require
from hexdesk_app.cli.app import COMPLETE_VARIABLE, PROGRAM, command
from hexdesk_app.cli.common import output_options
from hexdesk_app.cli.output import Output

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@output_options
def completion(output: Output, shell: str) -> None:
    r"""Print what makes a shell complete verbs and options.

    \b
    bash: hexdesk completion bash > ~/.local/share/bash-completion/completions/hexdesk
    zsh:  hexdesk completion zsh > ~/.zfunc/_hexdesk    (a folder of $fpath)
    fish: hexdesk completion fish > ~/.config/fish/completions/hexdesk.fish
    """
    kind = get_completion_class(shell)
    require(kind is not None, f"click completes {shell}")
    script = kind(command, {}, PROGRAM, COMPLETE_VARIABLE).source() if kind else ""
    if output.as_json:
        output.document("completion", {"shell": shell, "script": script})
    else:
        click.echo(script)
