export { channelChanged, createChannel, tellBeforeContact } from './channels.ts';
export { createReceiver, type Receiver } from './conversation.ts';
export { type ChatLive, chatLimits, createChatLive } from './live.ts';
export { awaySince, channelByKey } from './queries.ts';
export { chatRoutes } from './routes.ts';
