import { build, type Options } from 'tsup';
import tsupConfig from '../../tsup.config.js';

/** Builds the package into a folder, as it is published but for its types. */
export async function buildPackage(outDir: string): Promise<void> {
  const { onSuccess: _, ...config } = tsupConfig as Options;
  await build({ ...config, config: false, outDir, dts: false, silent: true });
}
