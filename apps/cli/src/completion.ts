import { listInstances } from '@novita-fleet/client';
import { type Command, Option } from 'commander';
import { ask, clientOf, type InSession, type Session } from './session.js';

/** The largest page of the list; a fleet may have a hundred thousand names, and nobody reads them all. */
const NAMES_AT_MOST = 200;
/** Somebody waits at a prompt: no names are better than late ones. */
const PATIENCE_MS = 1_500;
/** A shell takes what is completed as it is. Names that were given elsewhere may hold anything; these need no quotes. */
const ONE_WORD = /^[\w.-]+$/;

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
    .action(async (...received: unknown[]) => {
      const words = received[0] as readonly string[];
      const last = words.at(-1) ?? '';
      const [command, before] = within(program, words.slice(0, -1));
      const isOption = last.startsWith('-');
      const takesInstance = command.registeredArguments.some((argument) => /^instances?$/.test(argument.name()));
      const options = command.options.flatMap(({ long }) => (typeof long === 'string' ? [long] : []));
      const commands = command.commands.map((each) => each.name()).filter((name) => name !== 'complete');
      let names: readonly string[] = [];
      if (!isOption && takesInstance && before === 0) {
        const find = inSession(async (session) => {
          names = await namesFrom(session, last);
        });
        // A shell shows what is said here in the middle of a line: whatever fails, there is nothing to complete.
        await find(...received).catch(() => undefined);
      }
      const found = (isOption ? options : [...commands, ...names]).filter((word) => word.startsWith(last));
      process.stdout.write(found.map((word) => `${word}\n`).join(''));
    });
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

/** Some names of which the text is a part; the first ones by name. */
async function namesFrom({ profile, ...session }: Session, text: string): Promise<readonly string[]> {
  const signal = AbortSignal.any([session.signal, AbortSignal.timeout(PATIENCE_MS)]);
  const asking: Session = { ...session, profile, signal, client: clientOf(profile, signal) };
  const query = { sort: 'name', limit: NAMES_AT_MOST, ...(text !== '' && { name: text }) } as const;
  const { instances } = await ask(asking, listInstances({ client: asking.client, query }));
  return instances.map(({ name }) => name).filter((name) => ONE_WORD.test(name));
}
