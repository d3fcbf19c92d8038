import { spawnSync } from 'node:child_process';

/** A layer of tests that needs programs which are not part of Node. */
export interface Layer {
  /** The folder of its tests. */
  readonly folder: string;
  /** The programs that it needs, each with an argument that makes it print something and exit. */
  readonly programs: ReadonlyArray<readonly [name: string, argument: string]>;
  /** The Debian packages that contain the programs. */
  readonly packages: string;
}

/** Runs the tests of a layer, with the arguments of this process. Exits with status 1 if a program is missing. */
export function runLayer({ folder, programs, packages }: Layer): never {
  for (const [name, argument] of programs) {
    // A program that exists may still exit with another status than 0.
    if (spawnSync(name, [argument]).error === undefined) continue;
    process.stderr.write(
      `${name} was not found. Install it; on Debian, run "apt-get install ${packages}".\n`,
    );
    process.exit(1);
  }
  const args = ['run', '--config', 'vitest.services.config.ts', '--dir', folder, ...process.argv.slice(2)];
  process.exit(spawnSync('vitest', args, { stdio: 'inherit' }).status ?? 1);
}
