/** `npm run test:hsm` signs with keys of SoftHSM, a hardware security module in software, which is stopped and started. */
import { runLayer } from '../support/run-layer.js';

runLayer({
  folder: 'test/hsm',
  programs: [
    ['softhsm2-util', '--version'],
    ['pkcs11-tool', '--help'],
  ],
  packages: 'softhsm2 opensc',
});
