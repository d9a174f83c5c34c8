"""What keeps a market tidy and proves that it is right, on a schedule or when somebody asks?"""
