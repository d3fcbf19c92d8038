// The example of docs/testing.md brings its own tests.
import '../../../examples/testing/who-am-i.test.js';
