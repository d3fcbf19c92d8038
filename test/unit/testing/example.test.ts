// The examples of docs/testing.md bring their own tests.
import '../../../examples/testing/orders-api.test.js';
import '../../../examples/testing/who-am-i.test.js';
