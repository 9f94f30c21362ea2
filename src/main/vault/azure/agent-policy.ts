import type { Agent } from 'node:http';
import { agentFor, straightAgent } from './proxy-way.ts';
import type { SdkPolicy } from './sdk-pipeline.ts';

const withAgent = (name: string, agentOf: (url: string) => Agent): SdkPolicy => ({
  name,
  sendRequest: async (request, next) => {
    request.agent = agentOf(request.url);
    return next(request);
  },
});

/**
 * Sends the SDK's requests the way that all others go. The SDK's own reading of the environment sends plain http to
 * this machine through the proxy too, and knows fewer forms of `NO_PROXY`.
 */
export const proxyWayPolicy = withAgent('proxyWayPolicy', agentFor);

/** For services of the machine itself, which no proxy reaches. */
export const straightPolicy = withAgent('straightPolicy', straightAgent);
