export * from '../../support/clients.js';
