export * from '../../support/forge.js';
