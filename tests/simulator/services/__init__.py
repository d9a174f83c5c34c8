"""What do DynamoDB and SQS answer, when nothing stands between?"""
