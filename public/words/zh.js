// 页面的简体中文文字。Simplified Chinese texts of the first load.

// tools as in texts.js.
export function wordsFor({ isolated, number, listed }) {
	return {
		language: 'zh',
		title: 'Linnet',
		titleRoom: (room) => `${room} · Linnet`,

		changeName: (name) => `你是 ${name}。更改名字或邮箱`,
		renameLater: (name) => `连接恢复后你将改名为 ${name}。`,
		renamed: (name) => `你现在叫 ${name}。`,

		searchButton: '搜索',
		settingsButton: '设置',

		logLabel: (room) => (room ? `${isolated(room)} 的消息` : '消息'),
		empty: '还没有人说话。你来开个头吧。',
		you: '你',
		nameless: '某人',
		noText: '（没有文字）',
		deletedMessage: '此消息已被删除。',
		roomDeleted: '管理员已删除此房间的全部内容。',
		pending: '尚未发送',
		loading: '正在加载…',
		newest: '最新消息',
		newMessages: (count) => `${number(count)} 条新消息`,
		notRecovered: (from, to) => `有些消息无法找回：${from} 到 ${to} 之间别人说的话，这里可能不全。`,
		otherHistory: '从这里开始，这个房间换了另一份历史记录。',
		reasons: {
			muted: '管理员目前只允许你阅读',
			read_only: '那里不能发言',
			denied: '这需要令牌，或另一个令牌',
			too_many_rooms: '房间太多了，请稍后再试，或换一个房间',
		},
		serverSays: (words) => `服务器说：${words}。`,

		views: '视图',
		viewChat: '聊天',
		viewLive: '实时',
		viewLogs: '日志',

		rooms: '房间',
		roomField: '查找或新建房间',
		roomRefused: (room, words) => `无法进入 ${isolated(room)}。服务器说：${words}。`,

		pushed: '推送',
		priority: { 4: '重要', 5: '紧急' },
		openLink: (host) => `打开 ${isolated(host)}`,

		completionLabel: '名字',
		writeLabel: '消息',
		writePlaceholder: '写条消息',
		send: '发送',
		bytesLeft: (count) => `还可输入 ${number(count)} 字节`,
		bytesOver: (count) => `超出 ${number(count)} 字节`,
		refusedTooLong: '未发送：消息太长。请缩短，或分几条发送。',

		pickerLabel: '表情',

		online: { socket: '在线', stream: '在线 · 事件流', poll: '在线 · 轮询' },
		state: {
			connecting: '正在连接…',
			waiting: '重新连接',
			offline: '离线：此设备没有网络。',
			refused: '未连接。',
		},
	};
}
