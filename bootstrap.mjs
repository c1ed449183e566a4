// Brings what Parley needs and starts it: the pinned Node, the locked packages, the built front end; then the program itself.
// Plain JavaScript for any Node from 18 on, without packages, because it runs before there are any.
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { gunzipSync } from 'node:zlib';

const root = dirname(fileURLToPath(import.meta.url));
const runtime = join(root, '.runtime');

/** The Node everything runs under. The packages carry the bare program and no install script; their content is pinned here. */
const node = {
  version: '24.21.0',
  minorMin: 12,
  packages: {
    'linux-x64':
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    'linux-arm64':
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
};

/** What each command runs, one after the other, and whether it serves the built front end. */
const commands = {
  start: { programs: ['src/app/main.ts'], frontEnd: true },
  test: { programs: ['test/run.ts'], frontEnd: true },
  'test:fast': { programs: ['test/run.ts --fast'], frontEnd: false },
  check: { programs: ['test/check.ts'], frontEnd: false },
  bench: { programs: ['bench/run.ts'], frontEnd: true },
  replay: { programs: ['src/app/replay.ts'], frontEnd: false },
  simulate: { programs: ['src/modules/forecast/simulate-cli.ts'], frontEnd: false },
  'mend-log': { programs: ['src/app/mend-log.ts'], frontEnd: false },
  register: { programs: ['src/standard/register-cli.ts', 'src/platform/settings-cli.ts'], frontEnd: false },
};

/** Something that a person can mend; shown as its one sentence. */
class CannotStart extends Error {}

// --- the pinned Node -----------------------------------------------------------------------------------------------------------

function isPinnedMajor() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major === Number(node.version.split('.')[0]) && minor >= node.minorMin;
}

/** The path of a Node of the pinned version, fetched when it is not there yet. */
async function pinnedNode() {
  const platform = `${process.platform}-${process.arch}`;
  const integrity = node.packages[platform];
  const program = join(runtime, `node-${node.version}-${platform}`, 'node');
  if (existsSync(program)) return program;
  if (integrity === undefined || isMusl()) {
    throw new CannotStart(
      `Parley runs under Node 24 and cannot bring it to ${platform}${isMusl() ? ' with musl' : ''} itself: install Node 24.${node.minorMin} or a later 24, and start Parley with that.`,
    );
  }
  const archive = await download(`node-${platform}@${node.version}`, integrity);
  // Whole or not at all, whoever else fetches it at the same time: the last rename wins and the files are the same.
  mkdirSync(dirname(program), { recursive: true });
  const draft = `${program}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, fileOf(gunzipSync(archive), 'package/bin/node'));
  chmodSync(draft, 0o755);
  const tried = spawnSync(draft, ['--version'], { encoding: 'utf8' });
  if (tried.stdout?.trim() !== `v${node.version}`) {
    rmSync(draft, { force: true });
    const why = (tried.error?.message ?? tried.stderr ?? '').trim().split('\n')[0];
    throw new CannotStart(
      `Node ${node.version} does not run on this machine (${why}): install Node 24 and start Parley with that.`,
    );
  }
  renameSync(draft, program);
  return program;
}

let musl;
function isMusl() {
  musl ??=
    process.platform === 'linux' && process.report?.getReport().header.glibcVersionRuntime === undefined;
  return musl;
}

/** A package's archive from the registry that npm is set up for, checked against what is pinned. */
async function download(name, integrity) {
  const folder = draftFolder();
  try {
    say(`Fetching Node ${node.version}.`);
    const done = await runNpm(['pack', name, '--pack-destination', folder, '--loglevel=error'], folder);
    const file = readdirSync(folder).find((entry) => entry.endsWith('.tgz'));
    if (done.status !== 0 || file === undefined) throw npmFailed(`fetch Node ${node.version}`, done);
    const archive = readFileSync(join(folder, file));
    const found = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
    if (found !== integrity) {
      throw new CannotStart(
        `What the npm registry gave for ${name} is not what Parley was released with: check which registry npm is set up for.`,
      );
    }
    return archive;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A folder of this start's own; what starts before it left half-done goes first. */
function draftFolder() {
  try {
    mkdirSync(runtime, { recursive: true });
    for (const entry of readdirSync(runtime)) {
      const left = join(runtime, entry);
      if (/^draft-|\.[0-9a-f]{8}$/.test(entry) && Date.now() - statSync(left).mtimeMs > 3_600_000)
        rmSync(left, { recursive: true, force: true });
    }
    const folder = join(runtime, `draft-${randomBytes(4).toString('hex')}`);
    mkdirSync(folder);
    return folder;
  } catch (error) {
    throw new CannotStart(
      `The folder ${root} cannot be written to (${error.code}): make it writable for this user, who must install what Parley needs.`,
    );
  }
}

/** One file out of a tar archive: blocks of 512 bytes, a header with name and octal size before each file. */
function fileOf(tar, wanted) {
  for (let at = 0; at + 512 <= tar.length; ) {
    const text = (from, length) =>
      tar
        .subarray(at + from, at + from + length)
        .toString('latin1')
        .split('\0')[0];
    const name = text(0, 100);
    const size = Number.parseInt(text(124, 12).trim() || '0', 8);
    if (name === wanted) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new CannotStart(`The package of Node ${node.version} lacks ${wanted}.`);
}

// --- npm -----------------------------------------------------------------------------------------------------------------------

/** npm as a script, so that it runs under the Node of our choice. */
function npmScript() {
  const calledBy = process.env.npm_execpath;
  if (calledBy !== undefined && /npm-cli\.[cm]?js$/.test(calledBy) && existsSync(calledBy)) return calledBy;
  const beside = [dirname(process.execPath), ...(process.env.PATH ?? '').split(delimiter)].filter(
    (folder) => folder !== '',
  );
  for (const folder of beside) {
    for (const place of [
      join(folder, '../lib/node_modules/npm/bin/npm-cli.js'),
      join(folder, 'node_modules/npm/bin/npm-cli.js'),
    ]) {
      if (existsSync(place)) return place;
    }
  }
  for (const place of ['/usr/share/nodejs/npm/bin/npm-cli.js', '/usr/share/npm/bin/npm-cli.js'])
    if (existsSync(place)) return place;
  throw new CannotStart(
    'npm was not found beside Node: install it (it comes with Node from nodejs.org; on Debian, the package npm).',
  );
}

function runNpm(args, cwd) {
  // What the outer npm tells its scripts by environment (which script runs, where) would be taken for settings by the inner one.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(lifecycle|package|command|execpath|node_execpath)/.test(name),
    ),
  );
  env.PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
  return captured([npmScript(), ...args], { cwd, env });
}

function npmFailed(what, done) {
  const said = done.output;
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ECONNRESET|ENOTCACHED|network/i.test(said)) {
    return new CannotStart(
      `Parley could not ${what}, because the npm registry does not answer: connect this machine, or set npm up for a registry that it can reach.`,
    );
  }
  if (/EACCES|EPERM|EROFS/.test(said)) {
    return new CannotStart(
      `Parley could not ${what}, because it may not write to ${root}: make that folder writable for this user.`,
    );
  }
  if (/ENOSPC/.test(said))
    return new CannotStart(`Parley could not ${what}, because the disk is full: free about 1 GB.`);
  const line =
    said.split('\n').find((candidate) => /npm (error|ERR!)/.test(candidate)) ?? 'npm gives no reason';
  return new CannotStart(`Parley could not ${what}: ${line.replace(/^npm (error|ERR!) */, '')}.`);
}

// --- the packages --------------------------------------------------------------------------------------------------------------

/** Names of locked packages that are missing or of another version. npm writes its own list last, so half an install has none. */
function missingPackages() {
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  let there = {};
  try {
    there = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')).packages;
  } catch (error) {
    if (error.code !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
  }
  return Object.entries(wanted)
    .filter(([path, entry]) => path !== '' && fits(entry))
    .filter(
      ([path, entry]) =>
        there[path]?.version !== entry.version || !existsSync(join(root, path, 'package.json')),
    )
    .map(([path]) => path.replace(/^node_modules\//, ''));
}

/** Whether we need a package on this machine. An optional one that names no machine is there for another optional one only. */
function fits({ os, cpu, libc, optional }) {
  const allows = (list, own) =>
    list === undefined ||
    list.includes(own) ||
    list.every((entry) => entry.startsWith('!') && entry !== `!${own}`);
  if (optional === true && os === undefined && cpu === undefined) return false;
  return (
    allows(os, process.platform) && allows(cpu, process.arch) && allows(libc, isMusl() ? 'musl' : 'glibc')
  );
}

async function ensurePackages() {
  if (missingPackages().length === 0) return;
  await alone('install', async () => {
    const before = missingPackages();
    if (before.length === 0) return;
    say(`Installing ${before.length === 1 ? 'a package' : `${before.length} packages`}.`);
    // The pages are built here, so the packages for building are wanted also where NODE_ENV says production.
    const done = await runNpm(
      ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund'],
      root,
    );
    if (done.status !== 0) throw npmFailed('install its packages', done);
    const after = missingPackages();
    if (after.length > 0)
      throw new CannotStart(
        `npm installed everything but ${after.slice(0, 3).join(', ')}: remove the folder node_modules and start again.`,
      );
  });
}

// --- the front end -------------------------------------------------------------------------------------------------------------

const builtFrom = join(root, 'dist/inputs.sha256');

/** A digest over whatever the built pages depend on. */
function frontEndInputs() {
  const files = [
    ...filesBelow(join(root, 'web')),
    ...filesBelow(join(root, 'src')).filter((file) => file.endsWith('/contract.ts')),
  ];
  for (const name of ['package-lock.json', 'tsconfig.json', 'vite.config.ts', 'lingui.config.ts']) {
    if (existsSync(join(root, name))) files.push(join(root, name));
  }
  const digest = createHash('sha256');
  for (const file of files.filter((name) => !/\.test\.tsx?$/.test(name)).sort()) {
    digest
      .update(`${relative(root, file)}\0`)
      .update(createHash('sha256').update(readFileSync(file)).digest());
  }
  return digest.digest('hex');
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

async function ensureFrontEnd() {
  const isBuilt = (inputs) => existsSync(builtFrom) && readFileSync(builtFrom, 'utf8') === inputs;
  if (isBuilt(frontEndInputs())) return;
  await alone('build', async () => {
    const inputs = frontEndInputs();
    if (isBuilt(inputs)) return;
    say('Building the pages.');
    rmSync(builtFrom, { force: true });
    const done = await captured([join(root, 'web/build.ts')], { cwd: root, env: ownEnvironment() });
    if (done.status !== 0) {
      say(stripVTControlCharacters(done.output));
      throw new CannotStart('The pages could not be built; what the builder said stands above.');
    }
    mkdirSync(dirname(builtFrom), { recursive: true });
    writeFileSync(builtFrom, inputs);
  });
}

/** Runs a step while no other start of this checkout does. The lock is SQLite's and ends with the process. */
async function alone(name, step) {
  const { DatabaseSync } = await import('node:sqlite');
  rmSync(draftFolder(), { recursive: true, force: true });
  const lock = new DatabaseSync(join(runtime, `${name}.lock`), { timeout: 1_000 });
  let told = false;
  for (;;) {
    try {
      lock.exec('begin exclusive');
      break;
    } catch (error) {
      if (error.errcode !== 5) throw error;
      if (!told) say('Waiting for another start of this checkout, which is preparing the same.');
      told = true;
    }
  }
  try {
    await step();
  } finally {
    lock.close();
  }
}

// --- the program ---------------------------------------------------------------------------------------------------------------

/** Tools and children of the program find the pinned Node first, whatever Node the machine has. */
function ownEnvironment() {
  return {
    ...process.env,
    PATH: [dirname(process.execPath), join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter),
  };
}

/** Runs a script under this Node to its end, gathering what it says. A signal to us ends it, and us after it. */
function captured(args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (part) => (output += part));
    child.stderr.on('data', (part) => (output += part));
    const handOn = (signal) => {
      child.kill(signal);
      child.once('close', () => process.exit(128 + osSignals[signal]));
    };
    for (const signal of handedOn) process.on(signal, handOn);
    child.once('error', reject);
    child.once('close', (status) => {
      for (const signal of handedOn) process.off(signal, handOn);
      resolve({ status, output });
    });
  });
}

/** Runs a program to its end, handing on signals. @returns its exit code, as a shell would give it. */
function supervised(program, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, env, stdio: 'inherit' });
    for (const signal of handedOn) process.on(signal, () => child.kill(signal));
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (osSignals[signal] ?? 9)));
  });
}

const handedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const osSignals = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGTERM: 15 };

/** Becomes the last program, so that signals reach it without anybody between; runs the ones before it to their end. */
async function runPrograms(programs, args) {
  for (const [index, line] of programs.entries()) {
    const [file, ...own] = line.split(' ');
    const full = [join(root, file), ...own, ...args];
    if (index === programs.length - 1) {
      process.chdir(root);
      process.execve(process.execPath, [process.execPath, ...full], ownEnvironment());
    }
    const code = await supervised(process.execPath, full, ownEnvironment());
    if (code !== 0) return code;
  }
  return 0;
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

async function main([name = '', ...args]) {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined)
    throw new CannotStart(`Say which of these to run: ${Object.keys(commands).join(', ')}.`);
  if (process.platform === 'win32')
    throw new CannotStart('Parley runs on Linux and macOS; on Windows, start it inside WSL.');
  if (!isPinnedMajor())
    return supervised(await pinnedNode(), [fileURLToPath(import.meta.url), name, ...args], process.env);
  await ensurePackages();
  if (command.frontEnd) await ensureFrontEnd();
  return runPrograms(command.programs, args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CannotStart)) throw error;
  say(error.message);
  process.exitCode = 1;
}
