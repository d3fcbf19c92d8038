export { z } from 'zod';
export { type Context, type ContextOptions, createContext } from './context.js';
export {
  defineFunction,
  type FunctionContext,
  type FunctionDefinition,
  type IntentFunction,
} from './define-function.js';
export type { Provider } from './providers.js';
export { IntentRegistry } from './registry.js';
export { type ServeOptions, serve } from './serve.js';
