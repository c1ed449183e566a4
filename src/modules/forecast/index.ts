export { erlangA, type ImpatientFigures, type ImpatientLoad, type ServiceLevels } from './erlang-a.ts';
export { erlangC, erlangs, type Load, type QueueFigures } from './erlang-c.ts';
export { type Estimate, type LineReport, type Report, reportOf } from './report.ts';
export { BadScenario, readScenario, type Scenario, scenarioOf, type WrittenScenario } from './scenario.ts';
export { type Day, simulateDay } from './simulator.ts';
