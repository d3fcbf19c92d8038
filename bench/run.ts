/**
 * Measures this package beside its peers, prints what it found, and writes the table of the README and
 * `bench/results.md`. With `--quick`: in less than 40 seconds, for a first impression, and nothing is written.
 */
import { measureMemory, measureSize, measureStartUp } from './footprint.js';
import { install } from './installed.js';
import { nameOf, report, writeReports } from './report.js';
import { describeMachine, type Results } from './results.js';
import { measureGrowth, measureRefusals, measureScenarios } from './scenarios.js';
import { targets } from './targets.js';

const quick = process.argv.includes('--quick');
const effort = quick ? { rounds: 9, turnMs: 1.5, warmUpMs: 15 } : { rounds: 41, turnMs: 8, warmUpMs: 60 };

const say = (text: string): void => void process.stdout.write(text);

const installation = await install();
try {
  const ours = installation.package;
  const results: Results = {
    machine: await describeMachine(),
    rounds: effort.rounds,
    scenarios: await measureScenarios(ours, effort, quick, (scenario) => say(`${nameOf(scenario)}\n`)),
    refusals: await measureRefusals(ours, effort),
    growth: await measureGrowth(ours, effort),
    startUp: await measureStartUp(installation, quick ? 15 : 31),
    size: await measureSize(installation),
    memory: await measureMemory(installation, quick ? 50_000 : 1_000_000),
  };
  const verdicts = targets(results);
  say(`\n${report(results, verdicts)}\n`);
  if (!quick) say(await writeReports(results, verdicts));
} finally {
  await installation.remove();
}
