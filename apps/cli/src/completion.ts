import { type Command, Option } from 'commander';
import { listAll } from './find-instance.js';
import type { InSession, Session } from './session.js';

/** The names that a shell completes: `novita-fleet complete -- WORDS` says them, one a line. */
const SCRIPTS = {
  bash: `_novita_fleet() {
  local IFS=$'\\n'
  COMPREPLY=($(novita-fleet complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _novita_fleet novita-fleet`,
  zsh: `#compdef novita-fleet
_novita_fleet() {
  local -a found
  found=("\${(@f)$(novita-fleet complete -- "\${words[@]:1:$((CURRENT-1))}" 2>/dev/null)}")
  compadd -a found
}
compdef _novita_fleet novita-fleet`,
  fish: `complete -c novita-fleet -f -a '(novita-fleet complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'`,
} as const;

export function addCompletion(program: Command, inSession: InSession): void {
  program
    .command('completion')
    .description('a script for your shell: eval "$(novita-fleet completion --shell bash)"')
    .addOption(new Option('--shell <shell>').choices(Object.keys(SCRIPTS)).default('bash'))
    .action(({ shell }: { shell: keyof typeof SCRIPTS }) => {
      process.stdout.write(`${SCRIPTS[shell]}\n`);
    });
  program
    .command('complete [words...]', { hidden: true })
    .allowUnknownOption()
    .action(
      inSession(async (session, _options, words: readonly string[]) => {
        const last = words.at(-1) ?? '';
        const [command, before] = within(program, words.slice(0, -1));
        const options = command.options.flatMap(({ long }) => (typeof long === 'string' ? [long] : []));
        const commands = command.commands.map((each) => each.name()).filter((name) => name !== 'complete');
        const takesInstance = command.registeredArguments.some((argument) => /^instances?$/.test(argument.name()));
        const isOption = last.startsWith('-');
        const names = !isOption && takesInstance && before === 0 ? await namesOf(session) : [];
        for (const word of isOption ? options : [...commands, ...names]) {
          if (word.startsWith(last)) session.out.line(word);
        }
      }),
    );
}

/** @returns the command that the words lead to, and how many of its own arguments are there already */
function within(program: Command, words: readonly string[]): readonly [Command, number] {
  let [command, own] = [program, 0];
  for (const word of words.filter((each) => !each.startsWith('-'))) {
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined) own += 1;
    else [command, own] = [next, 0];
  }
  return [command, own];
}

async function namesOf(session: Session): Promise<readonly string[]> {
  return (await listAll(session, {})).map(({ name }) => name);
}
