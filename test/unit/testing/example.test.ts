// The example of docs/testing.md brings its own tests.
import '../../../examples/who-am-i.test.js';
