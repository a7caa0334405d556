// What the tests get when they ask for @electric-sql/pglite; see test/nodeEnvironment.js.
module.exports = globalThis.loadPglite();
