import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { say } from './announce.mjs';
import { buildOnce } from './build-once.mjs';
import { MACHINE_CACHE } from './project.mjs';
import { runStep } from './run-step.mjs';

/**
 * A real kube-apiserver with its etcd. Nobody packages the server, but Debian 12 carries the whole source of an older one,
 * which is built once for the machine, into a folder outside the project. All comes through apt with its signatures checked;
 * nothing is installed, and no root is needed: packages are unpacked beside the build, with package lists of their own.
 */
const VERSION = '1.20.2';
const RELEASE = `v${VERSION}`;
/** How Debian names the version of the source package; a revision follows. */
const SOURCE_VERSION = `1.20.5+really${VERSION}`;
const NAME = `kube-apiserver-${VERSION}`;
const FOLDER = join(MACHINE_CACHE, NAME);
const PROGRAMS = ['kube-apiserver', 'etcd'];
const NEEDED_MB = 2_200;
/** Of the build, and of those who run what it makes. */
const COMMANDS = ['apt-get', 'apt-cache', 'dpkg-deb', 'tar', 'gzip', 'grep', 'setpriv', 'openssl'];
const MOST_OUTPUT = 64 * 1024 * 1024;
const run = promisify(execFile);

/**
 * @returns {string | null} the folder of the two programs; null where they were not built
 * @throws Error when `KUBE_APISERVER_DIR` names another folder, which lacks one of them
 */
export function builtApiserver() {
  const given = process.env.KUBE_APISERVER_DIR;
  const folder = given || join(FOLDER, 'bin');
  if (PROGRAMS.every((program) => isExecutable(join(folder, program)))) return folder;
  if (given) throw new Error(`KUBE_APISERVER_DIR names ${given}, where ${PROGRAMS.join(' and ')} are not both`);
  return null;
}

/** That a kube-apiserver cannot be built on this machine, whoever tries it. */
export class CannotBeBuilt extends Error {
  name = 'CannotBeBuilt';
}

/**
 * Builds it unless that was done before: minutes of every processor, at the lowest priority.
 *
 * @returns {Promise<string>} the folder of the two programs
 * @throws CannotBeBuilt that says what this machine lacks
 * @throws Error when `KUBE_APISERVER_DIR` is wrong, or a build went wrong
 */
export function ensureApiserver() {
  return buildOnce({
    cache: MACHINE_CACHE,
    name: NAME,
    found: builtApiserver,
    mustBePossible,
    build: async (work) => {
      say(`building kube-apiserver ${VERSION}, once for this machine: that takes from 5 to 15 minutes`);
      await new Build(work).run();
    },
  });
}

async function mustBePossible() {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const isBookworm = /^VERSION_CODENAME=bookworm$/m.test(release) && /^ID=debian$/m.test(release);
  if (!isBookworm || !['x64', 'arm64'].includes(process.arch)) {
    throw new CannotBeBuilt(
      'a real kube-apiserver is built from the source package of Debian 12, on amd64 or arm64 only, and this is another system. ' +
        'KUBE_APISERVER_DIR may name a folder with kube-apiserver and etcd',
    );
  }
  const folders = (process.env.PATH ?? '').split(':');
  const missing = COMMANDS.filter((command) => !folders.some((folder) => isExecutable(join(folder, command))));
  if (missing.length > 0) throw new CannotBeBuilt(`to build kube-apiserver, ${missing.join(', ')} must be on the PATH`);
  const { bavail, bsize } = await statfs(MACHINE_CACHE);
  const freeMb = Math.floor((bavail * bsize) / 1024 ** 2);
  if (freeMb < NEEDED_MB) {
    throw new CannotBeBuilt(
      `to build kube-apiserver, ${NEEDED_MB} MB must be free in ${MACHINE_CACHE}; there are ${freeMb}`,
    );
  }
}

/** One build, in a folder of its own. */
class Build {
  constructor(work) {
    this.work = work;
    /** Where the packages are unpacked, as if it were the machine. */
    this.root = join(work, 'root');
    // Without modules: the tree brings all that it needs, and its list of that is not compared with what is there.
    this.tree = join(work, 'gopath', 'src', 'k8s.io', 'kubernetes');
    this.downloads = join(work, 'downloads');
    this.environment = { ...process.env, LC_ALL: 'C' };
  }

  async run() {
    await this.useOwnPackageLists();
    const goVersion = await this.download();
    await this.unpack();
    this.useGo(goVersion);
    await this.generateOpenApi();
    await this.compile();
  }

  /** The machine's own sources of Debian packages, and beside each the one of sources. */
  async useOwnPackageLists() {
    const apt = join(this.work, 'apt');
    const sources = join(apt, 'sources');
    for (const folder of [sources, join(apt, 'lists', 'partial'), join(apt, 'archives', 'partial'), this.downloads]) {
      await mkdir(folder, { recursive: true });
    }
    const found = (await Promise.all([sourcesOf('/etc/apt'), sourcesOf('/etc/apt/sources.list.d')])).flat();
    if (found.length === 0) throw new Error('apt has no source of Debian packages on this machine');
    await Promise.all(found.map(({ name, text }) => writeFile(join(sources, name), text)));
    const given = process.env.APT_CONFIG ? await readFile(process.env.APT_CONFIG, 'utf8') : '';
    const config = join(apt, 'apt.conf');
    await writeFile(
      config,
      `${given}
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "${sources}";
Dir::State::lists "${apt}/lists";
Dir::Cache "${apt}";
Dir::Cache::archives "${apt}/archives";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
`,
    );
    this.environment.APT_CONFIG = config;
    await this.step('reading the package lists', 'apt-get', ['-q', 'update']);
  }

  /** @returns the version of the compiler, such as 1.19 */
  async download() {
    const described = await this.output('apt-cache', ['showsrc', 'kubernetes']).catch(() => '');
    const version = [...described.matchAll(/^Version: (.+)$/gm)]
      .map(([, text]) => text)
      .find((text) => text.startsWith(SOURCE_VERSION));
    if (version === undefined) throw new Error(`apt has no source package kubernetes ${SOURCE_VERSION}`);
    const go = /^ *Depends: golang-([0-9.]+)-go$/m.exec(await this.output('apt-cache', ['depends', 'golang-go']));
    if (go === null) throw new Error('apt has no package golang-go');
    const packages = [`golang-${go[1]}-go`, `golang-${go[1]}-src`, REFLECT2.debianPackage, 'etcd-server'];
    const options = { cwd: this.downloads };
    await this.step(
      'fetching the source of Kubernetes',
      'apt-get',
      ['-q', 'source', '--download-only', `kubernetes=${version}`],
      options,
    );
    await this.step(`fetching ${packages.join(', ')}`, 'apt-get', ['-q', 'download', ...packages], options);
    return go[1];
  }

  async unpack() {
    await mkdir(this.tree, { recursive: true });
    for (const name of await readdir(this.downloads)) {
      const path = join(this.downloads, name);
      if (name.endsWith('.deb')) await this.step(`unpacking ${name}`, 'dpkg-deb', ['-x', path, this.root]);
      if (name.endsWith('.orig.tar.gz')) {
        await this.step(`unpacking ${name}`, 'tar', ['-xzf', path, '-C', this.tree, '--strip-components', '1']);
      }
    }
    const replaced = join(this.tree, 'vendor', REFLECT2.name);
    const replacement = join(this.root, 'usr', 'share', 'gocode', 'src', REFLECT2.name);
    for (const name of (await readdir(replaced)).filter(isGoSource)) await rm(join(replaced, name));
    for (const name of (await readdir(replacement)).filter(isGoSource)) {
      await copyFile(join(replacement, name), join(replaced, name));
    }
  }

  useGo(version) {
    for (const name of ['GOOS', 'GOARCH', 'GOBIN', 'GOAMD64', 'GOEXPERIMENT', 'GODEBUG']) delete this.environment[name];
    const home = join(this.root, 'usr', 'lib', `go-${version}`);
    Object.assign(this.environment, {
      GOROOT: home,
      GOPATH: join(this.work, 'gopath'),
      GOCACHE: join(this.work, 'go-cache'),
      GOTMPDIR: this.work,
      GO111MODULE: 'off',
      GOFLAGS: '',
      GOENV: 'off',
      GOWORK: 'off',
      GOPROXY: 'off',
      GOSUMDB: 'off',
      GOTOOLCHAIN: 'local',
      CGO_ENABLED: '0',
      PATH: `${join(home, 'bin')}:${process.env.PATH ?? ''}`,
    });
  }

  /** The one generated file that the source package lacks: which kinds there are, and what they look like. */
  async generateOpenApi() {
    const generator = join(this.work, 'openapi-gen');
    await this.go('building openapi-gen', ['build', '-o', generator, './vendor/k8s.io/kube-openapi/cmd/openapi-gen']);
    const report = join(this.work, 'violations');
    const folders = await this.foldersWithOpenApi();
    await this.step(
      'generating the OpenAPI definitions',
      generator,
      [
        '--logtostderr',
        '-i',
        folders.map((folder) => `k8s.io/kubernetes/${folder}`).join(','),
        '-p',
        'k8s.io/kubernetes/pkg/generated/openapi',
        '-O',
        'zz_generated.openapi',
        '-h',
        'vendor/k8s.io/code-generator/hack/boilerplate.go.txt',
        '-r',
        report,
      ],
      { cwd: this.tree },
    );
    // The project's own report of rules that are broken is in the tree: the same one means the same folders.
    const expected = await readFile(join(this.tree, 'api', 'api-rules', 'violation_exceptions.list'), 'utf8');
    if ((await readFile(report, 'utf8')) !== expected) throw new Error('openapi-gen saw other packages than it should');
  }

  /** As the project's own makefile finds them. */
  async foldersWithOpenApi() {
    const files = await this.output('grep', [
      '-rRl',
      '--include=*.go',
      '+k8s:openapi-gen=',
      'cmd',
      'pkg',
      'plugin',
      join('vendor', 'k8s.io'),
    ]);
    const folders = new Set();
    for (const file of files.trim().split('\n')) {
      if (WITHOUT_OPENAPI.test(file)) continue;
      const text = await readFile(join(this.tree, file), 'utf8');
      if (/^\/\/ *\+k8s:/m.test(text)) folders.add(file.slice(0, file.lastIndexOf('/')));
    }
    return [...folders].toSorted((one, other) => (one < other ? -1 : 1));
  }

  async compile() {
    const values = { gitVersion: RELEASE, gitMajor: '1', gitMinor: '20', gitTreeState: 'archive' };
    const stamps = ['client-go/pkg', 'component-base'].flatMap((library) =>
      Object.entries({ ...values, buildDate: '1970-01-01T00:00:00Z' }).map(
        ([name, value]) => `-X k8s.io/kubernetes/vendor/k8s.io/${library}/version.${name}=${value}`,
      ),
    );
    const bin = join(this.work, 'made', 'bin');
    const server = join(bin, 'kube-apiserver');
    await mkdir(bin, { recursive: true });
    await this.go('compiling kube-apiserver', [
      // Without the volumes and load balancers of clouds, which nobody here has.
      'build',
      '-tags',
      'providerless',
      '-trimpath',
      '-ldflags',
      ['-s', '-w', ...stamps].join(' '),
      '-o',
      server,
      './cmd/kube-apiserver',
    ]);
    const { stdout } = await run(server, ['--version']);
    if (stdout.trim() !== `Kubernetes ${RELEASE}`) throw new Error(`the new program says ${stdout.trim()}`);
    await copyFile(join(this.root, 'usr', 'bin', 'etcd'), join(bin, 'etcd'));
  }

  async go(title, args) {
    await this.step(title, 'go', args, { cwd: this.tree });
  }

  async step(title, command, args, options = {}) {
    await runStep(title, 'nice', ['-n', '19', command, ...args], { env: this.environment, ...options });
  }

  async output(command, args) {
    const options = { cwd: command === 'grep' ? this.tree : this.work, maxBuffer: MOST_OUTPUT, env: this.environment };
    const { stdout } = await run('nice', ['-n', '19', command, ...args], options);
    return stdout;
  }
}

/** The version in the tree does not work with the compiler of Debian 12. */
const REFLECT2 = {
  name: join('github.com', 'modern-go', 'reflect2'),
  debianPackage: 'golang-github-modern-go-reflect2-dev',
};
const WITHOUT_OPENAPI =
  /^vendor\/k8s\.io\/(code-generator|sample-apiserver|kube-openapi|gengo)\/|\/testdata\/|_test\.go$/;
const isGoSource = (name) => name.endsWith('.go') || name.endsWith('.s');

/** What a folder of apt says of Debian's own packages, with their sources added. */
async function sourcesOf(folder) {
  const names = await readdir(folder).catch(() => []);
  const found = [];
  for (const name of names) {
    if (!name.endsWith('.sources') && !name.endsWith('.list')) continue;
    const text = await readFile(join(folder, name), 'utf8');
    const own = name.endsWith('.list') ? listWithSources(text) : blocksWithSources(text);
    if (own !== '') found.push({ name, text: own });
  }
  return found;
}

function blocksWithSources(text) {
  const blocks = text.split(/\n\s*\n/).filter((block) => block.includes('debian-archive-keyring'));
  return blocks.map((block) => `${block.trim().replace(/^Types:.*$/m, 'Types: deb deb-src')}\n`).join('\n');
}

function listWithSources(text) {
  const lines = text.split('\n').filter((line) => /^deb\s.*\s(bookworm|stable)\S*\s+(\S+\s+)*main(\s|$)/.test(line));
  return lines.map((line) => `${line}\n${line.replace(/^deb/, 'deb-src')}\n`).join('');
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
