// Jest's Node environment plus one thing: PGlite as Node itself loads it. PGlite imports Node's modules
// dynamically, which jest's module system refuses without an experimental flag of Node.
const { TestEnvironment } = require('jest-environment-node');

module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.global.loadPglite = () => require('@electric-sql/pglite');
  }
};
